using System.Buffers.Binary;
using System.Globalization;
using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>
/// A recipe of which an arm trains in milliseconds, and its data: ten classes of 8×8 images, each a pattern of its class plus noise,
/// in Fashion-MNIST's four files. 42 training examples a class make 210 for D and 210 for the holdout, so that an epoch has
/// ⌈210 / 40⌉ = 6 steps, of which the last has 10 candidates.
/// </summary>
internal sealed class TinyExperiment : IDisposable
{
    public const int Classes = 10, Side = 8, PerClass = 42, TestPerClass = 10;
    public const int Training = Classes * PerClass / 2, StepsPerEpoch = 6;

    public const string TrainImages = "train-images-idx3-ubyte", TrainLabels = "train-labels-idx1-ubyte",
        TestImages = "t10k-images-idx3-ubyte", TestLabels = "t10k-labels-idx1-ubyte";

    /// <summary>Bytes before the first pixel: magic number and three sizes; before the first label: magic number and one size.</summary>
    public const int ImagesHeader = 16, LabelsHeader = 8;

    private const int PixelsPerImage = Side * Side;
    private readonly TemporaryFolder _folder = new();

    public TinyExperiment()
    {
        DataDirectory = File("data");
        Directory.CreateDirectory(DataDirectory);
        var random = new Random(17);
        byte[] patterns = Bytes(random, Classes * PixelsPerImage, 2);
        Write(TrainImages, TrainLabels, Classes * PerClass);
        Write(TestImages, TestLabels, Classes * TestPerClass);

        void Write(string images, string labels, int count)
        {
            byte[] label = [.. Enumerable.Range(0, count).Select(i => (byte)(i % Classes))];
            byte[] noise = Bytes(random, count * PixelsPerImage, 180);
            byte[] pixels =
            [
                .. noise.Select((n, i) => (byte)(n + 60 * patterns[label[i / PixelsPerImage] * PixelsPerImage + i % PixelsPerImage])),
            ];
            WriteIdx(DataFile(images), pixels, count, Side, Side);
            WriteIdx(DataFile(labels), label, count);
        }
    }

    /// <summary>Folder of the four files.</summary>
    public string DataDirectory { get; }

    /// <summary>Where the recipe keeps its irreducible losses.</summary>
    public string IrreducibleLossFile => File("il.safetensors");

    /// <summary>Path of a file or folder of the experiment.</summary>
    public string File(string name) => _folder.File(name);

    /// <summary>Path of a data file.</summary>
    public string DataFile(string name) => Path.Combine(DataDirectory, name);

    /// <summary>The recipe with overrides, <c>section.key=value</c>.</summary>
    public Recipe Recipe(params string[] overrides) => RecipeLoader.Parse(Toml(), "tiny", "test", overrides).Recipe;

    /// <summary>Writes the recipe to a file and returns its path.</summary>
    public string WriteRecipe()
    {
        System.IO.File.WriteAllText(File("tiny.toml"), Toml());
        return File("tiny.toml");
    }

    /// <summary>Changes one byte of a file so that it differs.</summary>
    public static void Flip(string path, long position)
    {
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        bytes[position] ^= 1;
        System.IO.File.WriteAllBytes(path, bytes);
    }

    /// <summary>
    /// Writes uint8 elements in the IDX format: 0, 0, type 08, number of dimensions, sizes as big-endian int32, elements.
    /// </summary>
    public static void WriteIdx(string path, byte[] payload, params int[] sizes)
    {
        byte[] header = new byte[4 + 4 * sizes.Length];
        (header[2], header[3]) = (8, (byte)sizes.Length);
        for (int i = 0; i < sizes.Length; i++) { BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), sizes[i]); }
        System.IO.File.WriteAllBytes(path, [.. header, .. payload]);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Bytes(Random random, int count, int below) =>
        [.. Enumerable.Range(0, count).Select(_ => (byte)random.Next(below))];

    private string Toml() => string.Create(CultureInfo.InvariantCulture,
        $"""
        [data]
        set = "fashion-mnist"
        directory = '{DataDirectory}'

        [noise]
        kind = "uniform"
        fraction = 0.1

        [model]
        name = "mlp"
        hidden = [16]

        [irreducible-loss]
        model = "mlp"
        hidden = [16]
        epochs = 3
        batch-size = 40
        learning-rate = 0.01
        file = '{IrreducibleLossFile}'

        [training]
        methods = ["uniform", "rho-loss"]
        epochs = 3
        batch-size = 4
        large-batch-size = 40

        [optimizer]
        learning-rate = 0.01

        [machine]
        threads = 1

        """);
}
