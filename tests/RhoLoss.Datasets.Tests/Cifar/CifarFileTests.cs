using RhoLoss.Datasets.Cifar;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Cifar;

/// <summary>Record layout: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".</summary>
public sealed class CifarFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Cifar_10_files_are_read_one_after_the_other()
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteCifar10(_folder.Path);
        CifarExamples read = CifarFile.Read(CifarFormat.Cifar10, [.. Enumerable.Range(1, 5).Select(b => _folder[$"data_batch_{b}.bin"])]);
        read.Images.shape.ShouldBe([20, 3, 32, 32]);
        read.Images.dtype.ShouldBe(torch.ScalarType.Byte);
        read.Labels.data<long>().ToArray().ShouldBe([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9]);
        read.CoarseLabels.ShouldBeNull();
        // Record 13 holds 13 in red, 14 in green, 15 in blue, at every pixel.
        read.Images[13].reshape(3, 1024).to(torch.float32).mean([1]).data<float>().ToArray().ShouldBe([13f, 14f, 15f]);
    }

    [Fact]
    public void Pixels_are_channel_by_channel_and_row_by_row()
    {
        using var check = new NoTensorLeaks();
        byte[] record = SmallSets.CifarRecord(0, 0);
        record[1 + 1024 + 2 * 32 + 5] = 200;   // label, red plane, two green rows, five pixels
        _folder.File("one.bin", [.. record, .. Enumerable.Range(1, 9).SelectMany(i => SmallSets.CifarRecord(0, (byte)i))]);
        CifarFile.Read(CifarFormat.Cifar10, _folder["one.bin"]).Images[0, 1, 2, 5].item<byte>().ShouldBe((byte)200);
    }

    [Fact]
    public void Cifar_100_has_fine_labels_and_coarse_ones_beside_them()
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteCifar100(_folder.Path);
        CifarExamples read = CifarFile.Read(CifarFormat.Cifar100, _folder["train.bin"]);
        read.Images.shape.ShouldBe([200, 3, 32, 32]);
        read.Labels[150].item<long>().ShouldBe(75);
        read.CoarseLabels!.shape.ShouldBe([200]);
        read.CoarseLabels[150].item<long>().ShouldBe(15);
    }

    [Theory]
    [InlineData(CifarFormat.Cifar10, 3_073)]
    [InlineData(CifarFormat.Cifar100, 3_074)]
    public void A_size_that_is_not_a_whole_number_of_records_is_refused(CifarFormat format, int record)
    {
        foreach (int size in new[] { 0, record - 1, 2 * record + 1 })
        {
            _folder.File("cut.bin", new byte[size]);
            Errors.Of(() => CifarFile.Read(format, _folder["cut.bin"])).ShouldSatisfyAllConditions(
                m => m.ShouldStartWith(_folder["cut.bin"]),
                m => m.ShouldContain($"multiple of {record} bytes"),
                m => m.ShouldContain($"but is {size}"));
        }
    }

    [Fact]
    public void A_label_out_of_range_is_named_with_its_position()
    {
        _folder.File("bad.bin", [.. SmallSets.CifarRecord(0, 9), .. SmallSets.CifarRecord(0, 10)]);
        Errors.Of(() => CifarFile.Read(CifarFormat.Cifar10, _folder["bad.bin"])).ShouldContain("example 1 has label 10");
    }

    [Fact]
    public void A_coarse_label_out_of_range_is_refused()
    {
        SmallSets.WriteCifar100(_folder.Path);
        byte[] bytes = File.ReadAllBytes(_folder["train.bin"]);
        bytes[3 * 3_074] = 20;
        _folder.File("train.bin", bytes);
        Errors.Of(() => CifarFile.Read(CifarFormat.Cifar100, _folder["train.bin"])).ShouldSatisfyAllConditions(
            m => m.ShouldContain("coarse labels"), m => m.ShouldContain("example 3 has label 20"));
    }

    [Fact]
    public void A_class_without_examples_is_named()
    {
        _folder.File("few.bin", [.. Enumerable.Range(0, 9).SelectMany(i => SmallSets.CifarRecord(0, (byte)i))]);
        Errors.Of(() => CifarFile.Read(CifarFormat.Cifar10, _folder["few.bin"])).ShouldContain("class 9 has none");
    }

    [Fact]
    public void All_missing_files_are_named_at_once()
    {
        SmallSets.WriteCifar10(_folder.Path);
        string message = Errors.Of(() => CifarFile.Read(CifarFormat.Cifar10,
            _folder["data_batch_1.bin"], _folder["data_batch_6.bin"], _folder["data_batch_7.bin"]));
        message.ShouldSatisfyAllConditions(
            m => m.ShouldContain("data_batch_6.bin"),
            m => m.ShouldContain("data_batch_7.bin"),
            m => m.ShouldNotContain("data_batch_1.bin"));
    }

    // Their images go into one tensor, whose bytes a span of .NET's has to hold. The files are holes, which take no room.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Files_that_are_too_large_alone_or_together_are_refused_before_they_are_read(int files)
    {
        const int record = 3_073;
        long records = Array.MaxLength / record / files + 1;
        string[] paths = [.. Enumerable.Range(0, files).Select(f => _folder[$"{f}.bin"])];
        foreach (string path in paths)
        {
            using FileStream file = File.Create(path);
            file.SetLength(records * record);
        }
        Errors.Of(() => CifarFile.Read(CifarFormat.Cifar10, paths)).ShouldBe(
            $"{paths[^1]}: the files of a set may have at most {Array.MaxLength} bytes together, but with this one have "
            + $"{files * records * record}. Give the files of the official archive.");
    }

    [Fact]
    public void A_pipe_is_named_and_not_waited_for()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo(3) and statx(2) are Linux's");
        SpecialFiles.MakePipe(_folder["pipe.bin"]);
        Errors.Of(() => CifarFile.Read(CifarFormat.Cifar10, _folder["pipe.bin"]))
            .ShouldBe($"{_folder["pipe.bin"]}: it is a named pipe, but a file is needed. Give a file.");
    }

    [Fact]
    public void A_refused_file_leaves_no_tensor_behind()
    {
        _folder.File("bad.bin", SmallSets.CifarRecord(0, 77));
        using var check = new NoTensorLeaks();
        Errors.Of(() => CifarFile.Read(CifarFormat.Cifar10, _folder["bad.bin"])).ShouldContain("label 77");
    }

    public void Dispose() => _folder.Dispose();
}
