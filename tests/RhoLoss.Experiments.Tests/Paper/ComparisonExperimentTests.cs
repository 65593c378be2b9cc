using System.Buffers.Binary;
using RhoLoss.Datasets;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Paper;
using RhoLoss.Experiments.Tests.Running;
using RhoLoss.Logging;

namespace RhoLoss.Experiments.Tests.Paper;

/// <summary>An experiment of two parts of which each arm trains in milliseconds.</summary>
public sealed class ComparisonExperimentTests : IDisposable
{
    private const string Absent = "cifar-100";

    private readonly TinyExperiment _tiny = new();
    private readonly List<RunEvent> _events = [];

    private string Folder => _tiny.File("out");

    [Fact]
    public void A_reproduction_writes_its_result_a_page_and_a_picture()
    {
        Reproduction result = Run(Experiment());

        result.Parts.Select(p => p.Name).ShouldBe(["clean", "noisy"]);
        result.Parts[0].Trained.ShouldBe("4 of 40 candidates a step, 21 points in 6 steps an epoch");   // five batches of 40, one of 10
        result.Parts[0].Arms.Select(a => a.Method).ShouldBe(["uniform", "rho-loss"]);
        result.Parts[0].Arms[0].Final.Count.ShouldBe(2, "two seeds");
        result.Claims.Select(c => c.Part).ShouldBe(["Shirts", "Shirts, noisy"]);
        result.Paper.ShouldHaveSingleItem().Here.ShouldNotBeNull().ShouldEndWith(" %");
        Reproduction.Load(Path.Combine(Folder, Reproduction.FileName)).ToJson().ShouldBe(result.ToJson());
        File.ReadAllText(Path.Combine(Folder, ReproductionPage.FileName)).ShouldBe(ReproductionPage.ToMarkdown(result));
        byte[] png = File.ReadAllBytes(Path.Combine(Folder, "fig0.png"));
        png.AsSpan(1, 3).ToArray().ShouldBe("PNG"u8.ToArray());
        BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)).ShouldBeGreaterThan(1200);
    }

    [Fact]
    public void The_page_has_the_same_sections_whatever_was_run()
    {
        string page = ReproductionPage.ToMarkdown(Run(Experiment()), "fig0/", level: 2);

        page.Split('\n').Where(l => l.StartsWith('#')).ShouldBe(
            ["## Figure 0", "### What was run", "### Numbers", "### Beside the paper", "### Does the paper's claim hold", "### Notes"]);
        page.ShouldContain("![Figure 0](fig0/fig0.png)");
        page.ShouldContain("Uniform draws that share at random");
        page.ShouldContain("| one | 12 % |");
    }

    [Fact]
    public void A_second_start_trains_nothing_and_says_the_same()
    {
        string first = Run(Experiment()).ToJson();
        _events.Clear();

        Run(Experiment()).ToJson().ShouldBe(first);

        _events.OfType<RunEvent.Progressed>().ShouldBeEmpty();
        _events.OfType<PreparationEvent.DataReady>().ShouldBeEmpty();
    }

    [Fact]
    public void A_stopped_reproduction_continues_with_the_arm_it_was_in()
    {
        string whole = WithoutTimings.Of(Run(Experiment()).ToJson());
        Directory.Delete(Folder, recursive: true);
        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => Prepare(Experiment()).Run(e =>
        {
            if (e is RunEvent.Progressed { Arm.Method: "rho-loss", Step: 5 }) { stop.Cancel(); }
        }, stop.Token));
        File.Exists(Path.Combine(Folder, Reproduction.FileName)).ShouldBeFalse();
        _events.Clear();

        WithoutTimings.Of(Run(Experiment()).ToJson()).ShouldBe(whole);

        _events.OfType<RunEvent.Finished>().Count(e => e.Reused).ShouldBe(1);
        _events.OfType<RunEvent.Started>().First().StepsTaken.ShouldBe(5);
    }

    [Fact]
    public void A_substitute_is_named_in_progress_page_and_result()
    {
        SkipWhereAbsentDataAreThere();
        Reproduction result = Run(Experiment(Absent, substitute: true));

        result.Parts.ShouldAllBe(p => p.Substitute && p.Set == "fashion-mnist" && p.PaperSet == "Shirts-1M");
        result.Claims[0].Part.ShouldBe("Shirts (on fashion-mnist)");
        _events.OfType<RunEvent.Stage>().ShouldContain(
            stage => stage.Text.EndsWith("Shirts; fashion-mnist stands in for Shirts-1M", StringComparison.Ordinal));
        ReproductionPage.ToMarkdown(result).ShouldContain("fashion-mnist, **stands in for Shirts-1M**");
        result.Paper[0].Here.ShouldNotBeNull().ShouldEndWith(" %, on fashion-mnist");
    }

    [Fact]
    public void The_accuracy_of_irreducible_losses_is_stated_where_it_is_known()
    {
        Reproduction result = Run(Experiment());
        ReproductionPage.ToMarkdown(result).ShouldContain(" % right on D |");

        string page = ReproductionPage.ToMarkdown(
            result with { Parts = [.. result.Parts.Select(part => part with { IrreducibleLossAccuracy = null })] });

        page.ShouldContain($"| {result.Parts[0].IrreducibleLossModel} |");
        page.ShouldNotContain("right on D");
    }

    [Fact]
    public void Names_of_the_users_disk_do_not_break_the_page()
    {
        Reproduction result = Run(Experiment());
        const string name = "data.directory=a\n# b\u001b[1m|c";

        string page = ReproductionPage.ToMarkdown(
            result with { Overrides = [name], Notes = [name], NotRun = [new NotRunPart("part", name)] });

        page.ShouldContain(", with `data.directory=a[U+000A]# b[U+001B][1m\\|c` |\n");
        page.ShouldContain("- data.directory=a[U+000A]# b[U+001B][1m|c\n");
        page.ShouldContain("\nNot run: part. data.directory=a[U+000A]# b[U+001B][1m|c\n");
        page.Split('\n').ShouldNotContain(line => line.StartsWith("# b", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_any_data_nothing_is_written_and_the_fix_is_named()
    {
        SkipWhereAbsentDataAreThere();
        ComparisonExperiment experiment = Experiment(Absent, substitute: false);

        string message = Should.Throw<InvalidInputException>(() => Prepare(experiment)).Message;

        message.ShouldContain("has none of its data on this machine");
        message.ShouldContain("rho data get cifar-100");
        Directory.Exists(Folder).ShouldBeFalse();
    }

    [Fact]
    public void Another_seed_list_in_the_same_folder_is_refused()
    {
        Run(Experiment());

        Should.Throw<InvalidInputException>(() => Prepare(Experiment(), "training.seeds=[0, 1, 2]")).Message
            .ShouldContain("was started with training.seeds = [0, 1], but now it is [0, 1, 2]");
    }

    public void Dispose() => _tiny.Dispose();

    private static void SkipWhereAbsentDataAreThere() =>
        Assert.SkipWhen(KnownDatasets.PlaceOf(Absent) is not null, $"{Absent} is on this machine");

    private ComparisonExperiment Experiment(string set = "fashion-mnist", bool substitute = false)
    {
        string[] small =
        [
            "model.hidden=[16]", "irreducible-loss.hidden=[16]", "irreducible-loss.epochs=2",
            $"irreducible-loss.file={_tiny.IrreducibleLossFile}", "training.epochs=2", "training.batch-size=4",
            "training.large-batch-size=40", "training.seeds=[0, 1]", $"data.directory={_tiny.DataDirectory}",
        ];
        PartData[] data =
        [
            new(set, "quick-mlp", Substitute: false, small),
            .. substitute ? (PartData[])[new("fashion-mnist", "quick-mlp", Substitute: true, small)] : [],
        ];
        return new ComparisonExperiment("fig0", "Figure 0", "Is it so?", _ =>
        [
            new ExperimentPart("clean", "Shirts", "Shirts-1M", data, [], []),
            new ExperimentPart("noisy", "Shirts, noisy", "Shirts-1M", data,
                ["noise.kind=uniform", "noise.fraction=0.2", $"irreducible-loss.file={_tiny.File("noisy.safetensors")}"], []),
        ])
        {
            Claims = [Claim.Sooner("it is sooner", "rho-loss", "uniform")],
            Values = [PaperValue.Final("one", "12 %", "Figure 0", "clean", "uniform")],
        };
    }

    private Reproduction Run(ComparisonExperiment experiment) => Prepare(experiment).Run(_events.Add, CancellationToken.None);

    // The folder of data given here holds a folder of the set's name, so the set counts as there.
    private PreparedExperiment Prepare(ComparisonExperiment experiment, params string[] overrides)
    {
        string above = _tiny.File("sets");
        if (!Directory.Exists(above))
        {
            Directory.CreateDirectory(Path.Combine(above, "fashion-mnist"));
            foreach (string file in Directory.EnumerateFiles(_tiny.DataDirectory))
            {
                File.Copy(file, Path.Combine(above, "fashion-mnist", Path.GetFileName(file)));
            }
        }
        return experiment.Prepare(new ReproductionStart(PaperScale.Quick, Folder, above, overrides, "test"));
    }
}
