using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using SkiaSharp;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>
/// The holdout of a folder of images, whose files are decoded when they are needed, belongs to the irreducible losses as any other does.
/// </summary>
public sealed class HoldoutOfImagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // Six images a class and part: the first example of a holdout of its own has the id after the last of 12 training images.
    private const int PerClass = 6, FirstHoldoutId = 2 * PerClass;

    public HoldoutOfImagesTests()
    {
        foreach (string part in (string[])["train", "valid", "test"])
        {
            for (int i = 0; i < PerClass; i++)
            {
                Write(part, "cat", i, new SKColor((byte)(40 * i), 0, 0));
                Write(part, "dog", i, new SKColor(0, 0, (byte)(40 * i + 1)));
            }
        }
    }

    [Fact]
    public void A_replaced_file_of_the_holdout_gives_the_losses_another_name()
    {
        string before = Name();
        Write("valid", "dog", 3, SKColors.White);
        Name().ShouldNotBe(before);
        Write("valid", "dog", 3, new SKColor(0, 0, 121));
        Name().ShouldBe(before, "40 · 3 + 1 is what it was");
    }

    [Fact]
    public void A_file_less_in_the_holdout_gives_the_losses_another_name()
    {
        string before = Name();
        File.Delete(PathOf("valid", "cat", 5));
        Name().ShouldNotBe(before);
    }

    [Fact]
    public void Another_label_of_one_example_of_the_holdout_gives_the_losses_another_name()
    {
        string labels = _folder.File("labels.csv");
        // What the example is already, and what it is not: class 0 is cat, class 1 is dog.
        File.WriteAllText(labels, $"id,label\n{FirstHoldoutId},cat\n");
        Name($"data.labels={labels}").ShouldBe(Name());
        File.WriteAllText(labels, $"id,label\n{FirstHoldoutId},dog\n");
        Name($"data.labels={labels}").ShouldNotBe(Name());
    }

    [Fact]
    public void How_files_are_read_and_how_the_folder_is_spelled_do_not_enter()
    {
        string before = Name();
        Name("data.loader-threads=3").ShouldBe(before);
        Name("data.cache-megabytes=0").ShouldBe(before);
        Name("data.skip-bad=true").ShouldBe(before);
        Name($"data.directory={_folder.Path}/train/../").ShouldBe(before);
        string copy = _folder.File("copy");
        foreach (string file in Directory.EnumerateFiles(_folder.Path, "*.png", SearchOption.AllDirectories))
        {
            string to = Path.Combine(copy, Path.GetRelativePath(_folder.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        Name($"data.directory={copy}").ShouldBe(before, "the same set in another place is the same set");
    }

    public void Dispose() => _folder.Dispose();

    private string Name(params string[] settings)
    {
        Recipe recipe = RecipeLoader.Parse("", "photos", "test",
            [
                "data.set=image-folder", $"data.directory={_folder.Path}", "data.image-size=8", "irreducible-loss.hidden=[4]", .. settings,
            ]).Recipe;
        using ExperimentData data = ExperimentData.Load(recipe);
        return IrreducibleLossFile.PathFor(recipe, data);
    }

    private string PathOf(string part, string name, int i) =>
        Path.Combine(_folder.Path, part, name, FormattableString.Invariant($"{i}.png"));

    private void Write(string part, string name, int i, SKColor color)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(part, name, i))!);
        using var bitmap = new SKBitmap(8, 8, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        bitmap.Erase(color);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(PathOf(part, name, i), data.ToArray());
    }
}
