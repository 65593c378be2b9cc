using System.Globalization;
using SkiaSharp;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>A temporary folder of JPEG files with the size of ImageNet's and detail at every scale; deleted with this object.</summary>
internal sealed class GeneratedImages : IDisposable
{
    private const int Width = 500, Height = 375, Classes = 2;

    public GeneratedImages(int each)
    {
        Folder = Directory.CreateTempSubdirectory("rholoss-bench-").FullName;
        for (int c = 0; c < Classes; c++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"class-{c}");
            string folder = Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;
            for (int i = 0; i < each; i++)
            {
                Write(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{i}.jpg")), c * each + i);
            }
        }
    }

    public string Folder { get; }

    private static void Write(string path, int number)
    {
        using var bitmap = new SKBitmap(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using (var canvas = new SKCanvas(bitmap))
        using (SKShader noise = SKShader.CreatePerlinNoiseFractalNoise(0.02f, 0.02f, 5, number))
        using (var paint = new SKPaint { Shader = noise })
        {
            canvas.Clear(SKColors.Gray);
            canvas.DrawRect(0, 0, Width, Height, paint);
        }
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        File.WriteAllBytes(path, data.ToArray());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
