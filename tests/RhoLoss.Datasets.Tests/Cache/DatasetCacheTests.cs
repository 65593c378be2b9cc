using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Cache;

public sealed class DatasetCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DatasetCache _cache;

    public DatasetCacheTests() => _cache = new DatasetCache(_folder["cache"]);

    [Theory]
    [InlineData("/own", "/xdg", "/home/ann", "/own")]
    [InlineData(null, "/xdg", "/home/ann", "/xdg/rholoss")]
    [InlineData("", "relative", "/home/ann", "/home/ann/.cache/rholoss")]
    [InlineData(null, null, "/home/ann", "/home/ann/.cache/rholoss")]
    public void The_cache_follows_the_environment(string? own, string? xdg, string home, string root)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The expected paths are those of Unix.");
        DatasetCache.For(name => name == "RHOLOSS_CACHE" ? own : name == "XDG_CACHE_HOME" ? xdg : null, home).Root.ShouldBe(root);
    }

    [Fact]
    public void Without_home_and_variable_there_is_no_cache()
    {
        Errors.Of(() => DatasetCache.For(_ => null, "")).ShouldContain("Set RHOLOSS_CACHE");
    }

    [Fact]
    public void A_folder_is_imported_and_then_found()
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteMnist(_folder["given"]);
        _folder.Folder("given/unrelated");
        DatasetCheck found = _cache.Import("mnist", _folder["given"]);
        found.Problems.ShouldContain("60 training examples, but the official set has 60,000");
        found.Files.ShouldAllBe(file => file.Path.StartsWith(_folder["given"], StringComparison.Ordinal) && file.Official == false);
        Names().ShouldBe(
            ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]);
        using DatasetSplits splits = _cache.In("mnist").Read();
        splits.Training.Count.ShouldBe(30);
        OnlyTheSet();
    }

    [Theory]
    [InlineData("cifar.tar")]
    [InlineData("cifar.tar.gz")]
    [InlineData("cifar.tar.xz")]
    [InlineData("archive-without-a-telling-name")]
    public void An_archive_is_unpacked_whatever_its_compression(string name)
    {
        Assert.SkipWhen(name.EndsWith(".xz", StringComparison.Ordinal) && !HasXz(), "The program xz is not there to make the archive.");
        using var check = new NoTensorLeaks();
        SmallSets.WriteCifar10(_folder["given", "cifar-10-batches-bin"]);
        File.WriteAllText(_folder["given", "cifar-10-batches-bin", "readme.html"], "not part of the set");
        _cache.Import("cifar-10", Pack(_folder["given"], name)).Passed.ShouldBeFalse();
        Directory.GetFiles(_cache.FolderOf("cifar-10")).Length.ShouldBe(6);
        using DatasetSplits splits = _cache.In("cifar-10").Read();
        splits.Training.Count.ShouldBe(10);
        OnlyTheSet();
    }

    [Theory]
    [InlineData("../train.bin")]
    [InlineData("inner/../../train.bin")]
    [InlineData("/tmp/train.bin")]
    [InlineData("..\\train.bin")]
    public void An_archive_with_a_path_that_leaves_its_folder_is_refused(string path)
    {
        Errors.Of(() => _cache.Import("cifar-100", Tar((path, [1, 2, 3])))).ShouldSatisfyAllConditions(
            m => m.ShouldContain(_folder["made.tar"]), m => m.ShouldContain($"'{path}'"), m => m.ShouldContain("inside"));
        NothingLeft();
    }

    [Fact]
    public void Links_in_an_archive_are_neither_made_nor_followed()
    {
        string secret = _folder.File("secret", 1, 2, 3);
        using (FileStream file = File.Create(_folder["links.tar"]))
        using (var tar = new TarWriter(file, TarEntryFormat.Pax))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "train.bin") { LinkName = secret });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "test.bin") { LinkName = secret });
        }
        Errors.Of(() => _cache.Import("cifar-100", _folder["links.tar"]))
            .ShouldContain("2 files of cifar-100 missing: train.bin, test.bin");
        NothingLeft();
    }

    [Fact]
    public void An_archive_that_holds_a_file_twice_is_refused()
    {
        Errors.Of(() => _cache.Import("cifar-100", Tar(("a/train.bin", [1]), ("b/train.bin", [2]))))
            .ShouldContain("comes again as b/train.bin");
        NothingLeft();
    }

    [Theory]
    [InlineData("cifar.tar")]
    [InlineData("cifar.tar.gz")]
    [InlineData("cifar.tar.xz")]
    public void A_truncated_archive_is_refused_and_leaves_nothing(string name)
    {
        Assert.SkipWhen(name.EndsWith(".xz", StringComparison.Ordinal) && !HasXz(), "The program xz is not there to make the archive.");
        SmallSets.WriteCifar10(_folder["given"]);
        byte[] noise = new byte[5 * 3_073];   // random pixels keep the compressed archive long enough to be cut inside a file
        Random.Shared.NextBytes(noise);
        for (int i = 0; i < 5; i++) { noise[i * 3_073] = (byte)i; }
        File.WriteAllBytes(_folder["given", "data_batch_1.bin"], noise);
        byte[] whole = File.ReadAllBytes(Pack(_folder["given"], name));
        string cut = _folder.File("cut", whole[..(whole.Length / 2)]);
        Errors.Of(() => _cache.Import("cifar-10", cut)).ShouldSatisfyAllConditions(
            m => m.ShouldStartWith(cut), m => m.ShouldNotContain("partial-"));
        NothingLeft();
    }

    [Fact]
    public void A_tar_whose_numbers_are_too_large_is_refused()
    {
        string path = Tar(("train.bin", [1, 2, 3]));
        byte[] bytes = File.ReadAllBytes(path);
        // A pax header of its own comes first.
        int header = Enumerable.Range(0, bytes.Length / 512).Select(block => 512 * block).First(at => bytes[at] == 't');
        // The size field of a tar header is at 124, the owner's at 108; a first byte of 80 means
        // a big-endian number of the other seven. The checksum at 148 counts itself as blanks.
        new byte[] { 0x80, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }.CopyTo(bytes, header + 108);
        bytes.AsSpan(header + 148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(bytes.Skip(header).Take(512).Sum(b => b), 8).PadLeft(6, '0') + "\0 ")
            .CopyTo(bytes, header + 148);
        File.WriteAllBytes(path, bytes);
        Errors.Of(() => _cache.Import("cifar-100", path)).ShouldStartWith($"{path}: not a readable tar archive");
        NothingLeft();
    }

    [Fact]
    public void Something_that_is_no_archive_is_refused()
    {
        string text = _folder.File("notes.txt", Encoding.ASCII.GetBytes(new string('x', 2_000)));
        Errors.Of(() => _cache.Import("cifar-10", text))
            .ShouldSatisfyAllConditions(m => m.ShouldStartWith(text), m => m.ShouldContain("tar"));
        Errors.Of(() => _cache.Import("cifar-10", _folder["absent"])).ShouldContain("no such file or folder");
        Errors.Of(() => KnownDatasets.Source("fashion-mnist-subset").Import(text)).ShouldContain("built in");
        NothingLeft();
    }

    [Fact]
    public void A_set_that_cannot_be_read_is_not_imported_and_the_old_one_stays()
    {
        SmallSets.WriteMnist(_folder["good"]);
        _cache.Import("mnist", _folder["good"]);
        SmallSets.WriteMnist(_folder["bad"], train: 80);
        IdxFile.WriteLabels(_folder["bad", SmallSets.TrainLabels + ".gz"], SmallSets.Labels(79, 10));
        Errors.Of(() => _cache.Import("mnist", _folder["bad"])).ShouldSatisfyAllConditions(
            m => m.ShouldStartWith(_folder["bad"]), m => m.ShouldContain("79 labels"), m => m.ShouldNotContain("partial-"));
        using DatasetSplits splits = _cache.In("mnist").Read();
        splits.Training.Count.ShouldBe(30);
        OnlyTheSet();
    }

    [Fact]
    public void A_second_import_replaces_the_first()
    {
        SmallSets.WriteMnist(_folder["first"]);
        SmallSets.WriteMnist(_folder["second"], train: 100, suffix: "");
        _cache.Import("mnist", _folder["first"]);
        _cache.Import("mnist", _folder["second"]);
        Names().ShouldBe([SmallSets.TestImages, SmallSets.TestLabels, SmallSets.TrainImages, SmallSets.TrainLabels]);
        OnlyTheSet();
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_one_clear_error()
    {
        SmallSets.WriteMnist(_folder["given"]);
        _folder.File("in-the-way", 1);
        var blocked = new DatasetCache(_folder["in-the-way", "cache"]);
        Errors.Of(() => blocked.Import("mnist", _folder["given"])).ShouldSatisfyAllConditions(
            m => m.ShouldStartWith(blocked.Root), m => m.ShouldContain("cannot be written"), m => m.ShouldContain("RHOLOSS_CACHE"));
    }

    public void Dispose() => _folder.Dispose();

    private string[] Names() =>
        [.. Directory.GetFiles(_cache.FolderOf("mnist")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private void OnlyTheSet() => Directory.GetFileSystemEntries(_cache.Root).Length.ShouldBe(1);

    private void NothingLeft()
    {
        if (Directory.Exists(_cache.Root)) { Directory.GetFileSystemEntries(_cache.Root).ShouldBeEmpty(); }
    }

    private string Tar(params (string Name, byte[] Content)[] files)
    {
        using FileStream file = File.Create(_folder["made.tar"]);
        using var tar = new TarWriter(file, TarEntryFormat.Pax);
        foreach ((string name, byte[] content) in files)
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }
        return _folder["made.tar"];
    }

    private string Pack(string folder, string name)
    {
        using var content = new MemoryStream();
        TarFile.CreateFromDirectory(folder, content, includeBaseDirectory: false);
        byte[] tar = content.ToArray();
        if (!name.EndsWith(".xz", StringComparison.Ordinal))
        {
            return _folder.File(name, name.EndsWith(".tar", StringComparison.Ordinal) ? tar : SmallSets.Gzip(tar));
        }
        _folder.File("cifar.tar", tar);
        using Process xz = Process.Start("xz", ["--keep", "-1", _folder["cifar.tar"]]);
        xz.WaitForExit();
        return _folder["cifar.tar.xz"];
    }

    private static bool HasXz() =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "xz")));
}
