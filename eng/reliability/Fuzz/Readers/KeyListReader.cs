using System.Text;
using RhoLoss.Datasets;
using SkiaSharp;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Clothing-1M's four key lists and two files of labels.</summary>
internal sealed class KeyListReader : FuzzReader
{
    private const int Classes = 14, Each = 3;
    private static readonly string[] Images = [.. Enumerable.Range(0, Classes * Each).Select(i => $"images/{i}.jpg")];
    private static readonly byte[] Keys = Encoding.UTF8.GetBytes(string.Concat(Images.Select(image => image + "\n")));
    private static readonly byte[] Labels = Encoding.UTF8.GetBytes(string.Concat(Images.Index()
        .Select(image => $"{image.Item} {image.Index % Classes}\n")));

    private static readonly (string FileName, byte[] Bytes)[] Release =
    [
        ("noisy_train_key_list.txt", Keys), ("clean_train_key_list.txt", Keys), ("clean_val_key_list.txt", Keys),
            ("clean_test_key_list.txt", Keys),
        ("noisy_label_kv.txt", Labels), ("clean_label_kv.txt", Labels),
    ];

    private static readonly byte[] OneImage = Encode();

    public override string Name => "key-lists";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss.Datasets/Images/Clothing1M.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        .. Release.Where(file => file.FileName is not "clean_val_key_list.txt")
            .Select(file => new FuzzInput(file.FileName, file.Bytes) { Beside = [.. Release.Where(other => other != file),
                .. Images.Select(image => (image, OneImage))] }),
    ];

    protected override IReadOnlyList<string> Words { get; } = ["images/0.jpg", "images/41.jpg 13", "images/", " 0", " 13", " 14", " -1",
        "images/../images/1.jpg", "/etc/passwd", "\n"];

    public override void Read(string path)
    {
        using DatasetSplits splits = KnownDatasets.Load("clothing-1m", new DatasetOptions(Path.GetDirectoryName(path)!,
            HoldoutFraction: 0.4));
    }

    /// <summary>One input in ten lacks a list or an image, or has one that is empty, or larger than any that is read.</summary>
    public override Misfortune? Misfortune(Dice dice, FuzzInput input)
    {
        const long farTooLarge = 3_000_000_000;
        if (!dice.Once(10)) { return null; }
        string file = dice.Once(2) ? dice.Of(Images) : dice.Of(Release).FileName;
        return new Misfortune(file, dice.Of((long?[])[null, 0, farTooLarge]));
    }

    /// <summary>Test images are decoded once when the set is loaded.</summary>
    private static byte[] Encode()
    {
        using var bitmap = new SKBitmap(8, 8);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, quality: 80);
        return data.ToArray();
    }
}
