using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;
using SkiaSharp;

namespace RhoLoss.Datasets.Tests.Images;

/// <summary>Class folders whose names look alike.</summary>
public sealed class ClassFoldersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_class_whose_name_only_looks_the_same_is_told_apart()
    {
        const string Composed = "caf\u00e9", Apart = "cafe\u0301";
        foreach (string name in (string[])[Composed, "tee"]) { TestImages.Write(_folder["train", name, "0.png"], SKColors.Red); }
        foreach (string name in (string[])[Apart, "tee"]) { TestImages.Write(_folder["test", name, "0.png"], SKColors.Red); }
        Errors.Of(Load).ShouldBe($"{_folder["test"]}: every class must be among those of the training images, but '{Apart}' is not "
            + $"(they differ in '{Apart}' with U+0065 U+0301 (letter and accent apart, NFD) "
            + $"and '{Composed}' with U+00E9 (one character, NFC)). "
            + "Rename or remove the folder.");

        TestImages.Write(_folder["train", Apart, "0.png"], SKColors.Red);
        Errors.Of(Load).ShouldStartWith($"{_folder["train"]}: two classes have names that look the same: ");
    }

    [Theory]
    [InlineData("\u0915", "\u0915\u0941")]   // Devanagari ka, and ku, whose vowel is a mark
    [InlineData("\u00e9", "\u00e8")]         // é and è
    [InlineData("\u00e9", "e\u0300")]        // the same, in two forms
    public void Letters_that_differ_in_their_marks_are_different_classes(string first, string second)
    {
        using var check = new NoTensorLeaks();
        foreach (string name in (string[])[first, second])
        {
            for (int i = 0; i < 3; i++) { TestImages.Write(_folder[name, $"{i}.png"], SKColors.Red); }
        }
        using DatasetSplits splits = Load();
        splits.ClassNames.ShouldBe([.. new[] { first, second }.Order(StringComparer.Ordinal)]);
    }

    [Theory]
    [InlineData("CAFÉ", "cafe\u0301")]
    [InlineData("Cat", "cat")]
    [InlineData("01", "1")]
    [InlineData("t shirt", "tshirt")]
    [InlineData("'cat'", "cat")]
    public void Classes_that_a_reader_takes_for_one_are_two_and_told(string first, string second)
    {
        using var check = new NoTensorLeaks();
        for (byte i = 0; i < 4; i++) { TestImages.Write(_folder[first, $"{i}.png"], new SKColor(i, 0, 0)); }
        for (byte i = 0; i < 5; i++) { TestImages.Write(_folder[second, $"{i}.png"], new SKColor(0, i, 1)); }
        using DatasetSplits splits = Load();
        splits.ClassNames.ShouldBe([first, second]);
        splits.Notices.ShouldBe([$"{_folder.Path}: some of the 2 classes differ only in case, in blanks, in quotes around them, "
            + $"in accents put together or apart, or in how a number is written: '{first}' 4 images, '{second}' 5 images. "
            + "They are classes of their own. "
            + "Put their images into one folder if they are meant to be one."]);
        KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path)).Notices.ShouldBe(splits.Notices);
    }

    [Theory]
    [InlineData("\uD55C", "\u1112\u1161\u11AB")]     // a Hangul syllable, and its letters as macOS writes them
    [InlineData("\u1EC7", "e\u0302\u0323")]          // ệ, and its marks in the other order
    [InlineData("\u212B", "\u00C5")]                 // Ångström's sign and his letter
    [InlineData("й", "и\u0306")]
    public void Two_folders_of_one_name_in_two_forms_are_refused(string first, string second)
    {
        foreach (string name in (string[])[first, second]) { TestImages.Write(_folder[name, "0.png"], SKColors.Red); }
        string[] inOrder = [.. new[] { first, second }.Order(StringComparer.Ordinal)];
        Errors.Of(Load).ShouldStartWith($"{_folder.Path}: two classes have names that look the same: '{inOrder[0]}' with U+");
    }

    [Fact]
    public void A_folder_called_as_a_missing_value_is_a_class_and_told()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 4, "");
        for (byte i = 0; i < 3; i++) { TestImages.Write(_folder["nan", $"{i}.png"], new SKColor(0, i, 9)); }
        using DatasetSplits splits = Load();
        splits.ClassNames.ShouldBe(["cat", "dog", "nan"]);
        splits.Notices.ShouldBe([$"{_folder.Path}: a class is called as programs write a missing value: 'nan' 3 images. "
            + "It is a class like any other. Take these images out of the set if no label is known."]);
    }

    [Fact]
    public void A_class_that_differs_in_what_does_not_show_is_told_by_its_code_point()
    {
        TestImages.Tree(_folder.Path, 2, "train", "test");
        Directory.Move(_folder["test", "dog"], _folder["test", "do\u200Bg"]);
        Errors.Of(Load).ShouldContain("is not ('do[U+200B]g' and 'dog' differ in characters that do not show: U+200B).");
    }

    [Fact]
    public void A_class_that_differs_in_case_is_told_so()
    {
        TestImages.Tree(_folder.Path, 2, "train", "test");
        Directory.Move(_folder["test", "dog"], _folder["test", "Dog"]);
        Errors.Of(Load).ShouldContain("but 'Dog' is not ('Dog' and 'dog' differ in upper and lower case).");
    }

    private DatasetSplits Load() => KnownDatasets.Load("image-folder", new DatasetOptions(_folder.Path) { ImageSize = 8 });
}
