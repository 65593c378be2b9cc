using System.Runtime.Versioning;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Cache;

/// <summary>A small set stands for Fashion-MNIST: same names and loader, checksums of its own.</summary>
public sealed class DatasetFetcherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly KnownFile[] _files;
    private readonly DatasetPlaces _places;

    public DatasetFetcherTests()
    {
        SmallSets.WriteMnist(_folder["official"]);
        _files =
        [
            .. CachedSets.Find("fashion-mnist").Files
                .Select(file => file with { Sha256 = GzipContent.Sha256(_folder["official", file.Name + ".gz"]) }),
        ];
        _places = new DatasetPlaces(new DatasetCache(_folder["cache"]), _folder["debian"]);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_cache_serves_first_and_names_no_skipped_source()
    {
        SmallSets.WriteMnist(_folder["cache", "fashion-mnist"], suffix: "");
        FetchedDataset fetched = await Set().FetchAsync(null, Cancellation);
        fetched.Folder.ShouldBe(_folder["cache", "fashion-mnist"]);
        fetched.Source.ShouldStartWith("cache");
        fetched.Skipped.ShouldBeEmpty();
    }

    [Fact]
    public async Task Debians_installed_package_serves_where_it_is_after_a_cache_with_other_content_was_skipped()
    {
        SmallSets.WriteMnist(_folder["cache", "fashion-mnist"], train: 70);
        SmallSets.WriteMnist(_folder["debian", "fashion-mnist"]);
        FetchedDataset fetched = await Set().FetchAsync(null, Cancellation);
        fetched.Folder.ShouldBe(_folder["debian", "fashion-mnist"]);
        fetched.Skipped.Single().ShouldContain("train-images-idx3-ubyte.gz is not the official file");
    }

    [Fact]
    public async Task The_repository_serves_checked_files_into_the_cache()
    {
        using var server = new LoopbackServer(file => LoopbackServer.Ok(Official(file)));
        var report = new Messages();
        FetchedDataset fetched = await Set(server).FetchAsync(report, Cancellation);
        fetched.Source.ShouldBe(server.Address.ToString());
        fetched.Folder.ShouldBe(_folder["cache", "fashion-mnist"]);
        fetched.Skipped.Count.ShouldBe(3);
        fetched.Skipped[0].ShouldEndWith("not there");
        fetched.Skipped[1].ShouldStartWith("Debian package dataset-fashion-mnist");
        fetched.Skipped[2].ShouldContain("the program no-such-apt-get is not there");
        report.All.ShouldContain($"trying {server.Address}");
        Directory.GetFileSystemEntries(_folder["cache"]).ShouldBe([_folder["cache", "fashion-mnist"]]);

        using var check = new NoTensorLeaks();
        using DatasetSplits splits = CachedSets.Find("fashion-mnist").In(_places).Read();
        splits.Training.Count.ShouldBe(30);
    }

    [Fact]
    public async Task Damaged_content_in_the_cache_is_replaced()
    {
        SmallSets.WriteMnist(_folder["cache", "fashion-mnist"]);
        File.WriteAllBytes(_folder["cache", "fashion-mnist", SmallSets.TrainLabels + ".gz"], [0x1f, 0x8b, 8]);
        using var server = new LoopbackServer(file => LoopbackServer.Ok(Official(file)));
        FetchedDataset fetched = await Set(server).FetchAsync(null, Cancellation);
        fetched.Skipped[0].ShouldContain("train-labels-idx1-ubyte.gz: the file is gzip and cut short");
        File.ReadAllBytes(_folder["cache", "fashion-mnist", SmallSets.TrainLabels + ".gz"])
            .ShouldBe(Official(SmallSets.TrainLabels + ".gz"));
        Directory.GetFileSystemEntries(_folder["cache"]).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_file_with_another_checksum_is_refused_and_nothing_is_left()
    {
        SmallSets.WriteMnist(_folder["other"], test: 30);
        using var server = new LoopbackServer(file => LoopbackServer.Ok(File.ReadAllBytes(_folder["other", file])));
        (await Errors.OfAsync(() => Set(server).FetchAsync(null, Cancellation))).ShouldSatisfyAllConditions(
            m => m.ShouldContain("t10k-images-idx3-ubyte.gz is not the official file"),
            m => m.ShouldContain("refused"),
            m => m.ShouldContain("--from FOLDER"));
        NothingLeft();
    }

    [Fact]
    public async Task An_answer_404_is_reported_and_nothing_is_left()
    {
        using var server = new LoopbackServer(
            file => file.StartsWith("t10k", StringComparison.Ordinal) ? LoopbackServer.NotFound() : LoopbackServer.Ok(Official(file)));
        (await Errors.OfAsync(() => Set(server).FetchAsync(null, Cancellation)))
            .ShouldContain("t10k-images-idx3-ubyte.gz answered 404 Not Found");
        NothingLeft();
    }

    [Fact]
    public async Task A_connection_that_breaks_off_is_reported_and_nothing_is_left()
    {
        using var server = new LoopbackServer(file => LoopbackServer.Ok(Official(file), sent: 40));
        (await Errors.OfAsync(() => Set(server).FetchAsync(null, Cancellation)))
            .ShouldContain($"{server.Address}train-images-idx3-ubyte.gz: ");
        NothingLeft();
    }

    [Fact]
    public async Task A_file_that_was_cut_on_the_server_is_refused_and_nothing_is_left()
    {
        using var server = new LoopbackServer(file => LoopbackServer.Ok(Official(file)[..^12]));
        (await Errors.OfAsync(() => Set(server).FetchAsync(null, Cancellation))).ShouldContain("train-images-idx3-ubyte.gz");
        NothingLeft();
    }

    [Fact]
    public async Task A_server_that_stays_silent_is_given_up()
    {
        using var server = new LoopbackServer(_ => []);
        (await Errors.OfAsync(() => Set(server, patience: TimeSpan.FromMilliseconds(200)).FetchAsync(null, Cancellation)))
            .ShouldContain("was silent");
        NothingLeft();
    }

    [Fact]
    public async Task Cancelling_stops_and_leaves_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        using var server = new LoopbackServer(file =>
        {
            cancelled.Cancel();
            return LoopbackServer.Ok(Official(file));
        });
        await Should.ThrowAsync<OperationCanceledException>(() => Set(server).FetchAsync(null, cancelled.Token));
        NothingLeft();
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_one_reason_among_the_others()
    {
        (await Errors.OfAsync(() => Set().FetchAsync(null, Cancellation))).ShouldSatisfyAllConditions(
            m => m.ShouldContain("could not be fetched from any source"),
            m => m.ShouldContain("no-such-apt-get"),
            m => m.ShouldContain("http://127.0.0.1:9/"));
        NothingLeft();
    }

    [Fact]
    public async Task Debians_package_is_unpacked_without_installing_it()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("The stand-ins for apt-get and dpkg-deb are shell scripts.");
            return;
        }
        string aptGet = Script("apt-get", "touch dataset-fashion-mnist_1_all.deb");
        string dpkgDeb = Script("dpkg-deb", "[ \"$1\" = -x ] && [ -f \"$2\" ] && mkdir -p \"$3/usr/share/datasets\" && cp -r "
            + $"'{_folder["official"]}' \"$3/usr/share/datasets/fashion-mnist\"");
        FetchedDataset fetched = await Set(aptGet: aptGet, dpkgDeb: dpkgDeb).FetchAsync(null, Cancellation);
        fetched.Source.ShouldBe($"package dataset-fashion-mnist by {aptGet}");
        fetched.Folder.ShouldBe(_folder["cache", "fashion-mnist"]);
        Directory.GetFiles(fetched.Folder!).Length.ShouldBe(4);
        Directory.GetFileSystemEntries(_folder["cache"]).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_package_tool_that_fails_is_skipped_with_what_it_said()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("The stand-in for apt-get is a shell script.");
            return;
        }
        string aptGet = Script("apt-get", "echo 'E: Unable to locate package' >&2; exit 100");
        using var server = new LoopbackServer(file => LoopbackServer.Ok(Official(file)));
        FetchedDataset fetched = await Set(server, aptGet).FetchAsync(null, Cancellation);
        fetched.Skipped[2].ShouldEndWith("failed with exit code 100: E: Unable to locate package");
        fetched.Source.ShouldBe(server.Address.ToString());
    }

    [Fact]
    public async Task A_cache_that_cannot_be_written_is_one_clear_error()
    {
        _folder.File("in-the-way", 1);
        CachedSource set = Set().In(new DatasetPlaces(new DatasetCache(_folder["in-the-way", "cache"]), _folder["debian"]));
        (await Errors.OfAsync(() => set.FetchAsync(null, Cancellation))).ShouldSatisfyAllConditions(
            m => m.ShouldContain("cannot be written"),
            m => m.ShouldContain("RHOLOSS_CACHE"),
            m => m.ShouldNotContain("could not be fetched"));
    }

    [Fact]
    public async Task The_built_in_set_needs_nothing()
    {
        FetchedDataset fetched = await KnownSet("fashion-mnist-subset").FetchAsync(null, Cancellation);
        fetched.Folder.ShouldBeNull();
        fetched.Source.ShouldBe("built in");
    }

    [Theory]
    [InlineData("mnist", "ossci-datasets")]
    [InlineData("qmnist", "facebookresearch/qmnist")]
    [InlineData("cifar-10", "cifar-10-binary.tar.gz")]
    [InlineData("cifar-100", "cifar-100-binary.tar.gz")]
    public async Task A_set_that_is_got_by_hand_says_from_where_and_how(string name, string where)
    {
        (await Errors.OfAsync(() => KnownSet(name).FetchAsync(null, Cancellation))).ShouldSatisfyAllConditions(
            m => m.ShouldContain(where), m => m.ShouldContain($"rho data get {name} --from"));
        NothingLeft();
    }

    [Fact]
    public async Task A_set_that_was_imported_is_found()
    {
        SmallSets.WriteMnist(_folder["cache", "mnist"]);
        (await KnownSet("mnist").FetchAsync(null, Cancellation)).Folder.ShouldBe(_folder["cache", "mnist"]);
    }

    [Fact]
    public void A_check_of_the_built_in_set_passes()
    {
        using var leaks = new NoTensorLeaks();
        DatasetCheck check = KnownDatasets.Source("fashion-mnist-subset").Check();
        check.Passed.ShouldBeTrue();
        check.Files.ShouldBeEmpty();
        check.TestByClass.ShouldAllBe(n => n == 500);
    }

    [Fact]
    public void A_check_says_how_a_set_differs_from_the_official_one()
    {
        using var leaks = new NoTensorLeaks();
        DatasetCheck check = KnownDatasets.Source("cifar-10").Check(new DatasetOptions(SmallSets.WriteCifar10(_folder["cifar"])));
        check.Passed.ShouldBeFalse();
        check.Problems.ShouldContain("20 training examples, but the official set has 50,000");
        check.Problems.ShouldContain("2 training examples of class 3 (cat), but the official set has 5,000");
        check.Problems.Count(p => p.Contains("is not the official file", StringComparison.Ordinal)).ShouldBe(6);
        // CIFAR-100's checksums are not known.
        KnownDatasets.Source("cifar-100").Check(new DatasetOptions(SmallSets.WriteCifar100(_folder["cifar100"]))).Files
            .ShouldAllBe(file => file.Official == null);
        Errors.Of(() => KnownDatasets.Source("fashion-mnist-subset").Check(new DatasetOptions(_folder.Path))).ShouldContain("built in");
    }

    public void Dispose() => _folder.Dispose();

    private byte[] Official(string file) => File.ReadAllBytes(_folder["official", file]);

    private DatasetSource KnownSet(string name) =>
        KnownDatasets.Source(name) is CachedSource cached ? cached.In(_places) : KnownDatasets.Source(name);

    /// <summary>Port 9 of the loopback interface stands for a server that is not there.</summary>
    private CachedSource Set(
        LoopbackServer? server = null, string aptGet = "no-such-apt-get", string dpkgDeb = "no-such-dpkg-deb", TimeSpan? patience = null)
    {
        var download = new DatasetDownload("dataset-fashion-mnist", server?.Address ?? new Uri("http://127.0.0.1:9/"))
        {
            AptGet = aptGet,
            DpkgDeb = dpkgDeb,
            Patience = patience ?? TimeSpan.FromSeconds(20),
        };
        return new CachedSource(KnownDatasets.Find("fashion-mnist"), _files, IdxDatasets.LoadMnistLike, download).In(_places);
    }

    [UnsupportedOSPlatform("windows")]
    private string Script(string name, string body)
    {
        string path = _folder[name];
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private void NothingLeft()
    {
        if (Directory.Exists(_folder["cache"])) { Directory.GetFileSystemEntries(_folder["cache"]).ShouldBeEmpty(); }
    }

    private sealed class Messages : IProgress<string>
    {
        public List<string> All { get; } = [];

        public void Report(string value) => All.Add(value);
    }
}
