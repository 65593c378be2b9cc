using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>Documents of two kinds, a third of the documents on task: words between blanks, and numbers between brackets.</summary>
public sealed class CorpusComparisonTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();
    private readonly string _corpus;

    public CorpusComparisonTests()
    {
        _corpus = _tiny.File("corpus");
        string[] words = ["the", "cat", "sat", "on", "a", "mat", "and", "dog", "ran", "home"];
        var random = new Random(3);
        string Sentence() => string.Join(' ', Enumerable.Range(0, 30).Select(_ => words[random.Next(words.Length)]));
        string Numbers() => string.Concat(Enumerable.Range(0, 40).Select(_ => $"[{random.Next(10)},{random.Next(100)}]"));
        Write("pool/on.jsonl", 20, Sentence);
        Write("pool/off.jsonl", 40, Numbers);
        Write("holdout.jsonl", 8, Sentence);
        Write("test.jsonl", 8, Sentence);
    }

    [Fact]
    public void Arms_are_measured_in_bits_per_byte_and_select_what_is_like_the_holdout()
    {
        using var check = new NoTensorLeaks();
        ComparedRun run = Run("run", "[\"uniform\", \"rho-loss\", \"moore-lewis\", \"two-stage\", \"offline-filter@0.1\", "
            + "\"random-share@0.1\", \"holdout-only\", \"uniform-with-holdout\", \"oracle\"]");

        ComparisonSummary summary = run.Summary!;
        summary.Metric.ShouldBe(new MetricSummary("bits-per-byte", "lower"));
        double Bits(string arm) => summary.Arms.Single(a => a.Method == arm).FinalMetric;
        double? Off(string arm) => summary.Arms.Single(a => a.Method == arm).Selected.LowRelevance;
        summary.Arms.ShouldAllBe(arm => arm.FinalMetric > 0 && arm.FinalMetric < 20 && arm.FinalAccuracy == null);
        // 12 steps of 4; the holdout has fewer sequences than the 64 of a large batch, and its arm trains on 4 of them all the same.
        summary.Arms.Single(a => a.Method == "holdout-only").ExamplesTrained.ShouldBe(12 * 4);
        Off("uniform")!.Value.ShouldBeInRange(0.5, 1);
        Off("moore-lewis").ShouldBe(0);
        Off("two-stage")!.Value.ShouldBeLessThan(Off("uniform")!.Value / 2);   // 0.3 of the candidates are left, more than are on task
        Off("offline-filter@0.1").ShouldBe(0);   // a tenth is less than what is on task
        Off("oracle").ShouldBe(0);
        Off("uniform-with-holdout")!.Value.ShouldBeInRange(0.3, 0.75);   // a quarter of what is trained on is the holdout
        Off("random-share@0.1")!.Value.ShouldBeGreaterThan(0.3);
        foreach (string arm in new[] { "moore-lewis", "offline-filter@0.1", "oracle" }) { Bits(arm).ShouldBeLessThan(Bits("uniform")); }
        File.ReadLines(Path.Combine(run.Folder.Location, "comparison.csv")).First().ShouldContain("low relevance %");
        summary.Arms.Single(a => a.Method == "moore-lewis").PreparationSeconds.ShouldBeGreaterThan(0);
    }

    // moore-lewis and offline-filter count to one order and two-stage to another: two models, and the irreducible-loss model is a third.
    [Fact]
    public void What_the_references_are_worth_by_themselves_is_in_the_summary_in_bits_per_byte()
    {
        using var check = new NoTensorLeaks();
        ComparedRun run = Run("run", "[\"uniform\", \"rho-loss\", \"moore-lewis\", \"two-stage\", \"offline-filter\"]",
            "methods.two-stage.order=2");

        IReadOnlyList<ReferenceSummary> references = run.Summary!.References;
        references.Select(reference => (reference.Kind, reference.Order)).ShouldBe([("holdout", null), ("n-gram", 3), ("n-gram", 2)]);
        references.ShouldAllBe(reference => reference.Test!.Metric == "bits-per-byte" && reference.Test.Value > 0);
        references[0].Seconds.ShouldBe(run.Summary.IrreducibleLoss!.Seconds);
        using ExperimentData data = ExperimentData.Load(run.Recipe);
        using (NewDisposeScope())
        {
            using var bigrams = NGramReference.Of(data.Holdout!, order: 2);
            double[] losses = [.. bigrams.LossesOf(data.Test).data<float>().Select(loss => (double)loss)];
            long[] bytes = [.. data.Test.Labels.data<long>()];
            // Every byte counts the same: losses are means of examples that differ in length.
            double nats = losses.Zip(bytes, (loss, count) => loss * count).Sum() / bytes.Sum();
            references[2].Test!.Value.ShouldBe(nats / Math.Log(2), 1e-6);
        }
        // Words that follow on each other at random are foretold better from two letters than from one.
        references[1].Test!.Value.ShouldBeLessThan(references[2].Test!.Value);
        ComparisonSummary.Load(run.Folder.SummaryPath).References.ShouldBe(references);
    }

    // The pool has 560 sequences or so, a third of them on task. 40 steps of 4 out of 64 are five epochs of nine steps: with two repeats
    // an epoch must have 20, so that a step chooses from a twentieth. The ledger counts how often each example was trained on.
    [Theory]
    [InlineData(2, 40, "chooses from")]
    [InlineData(4, 12, null)]
    public void Nothing_is_trained_on_more_often_than_said(int repeats, int steps, string? told)
    {
        using var check = new NoTensorLeaks();
        ComparedRun run = Run("run", "[\"moore-lewis\"]", $"methods.moore-lewis.repeats={repeats}", $"training.steps={steps}",
            "report.baseline=moore-lewis");

        using DisposeScope scope = NewDisposeScope();
        string ledger = Directory.GetFiles(Path.Combine(run.Folder.Location, "examples")).Single();
        long[] times = [.. SafetensorsFile.Read(ledger).Tensors["times-selected"].to(int64).data<long>()];
        times.Max().ShouldBeInRange(1, repeats);
        times.Sum().ShouldBeInRange(3L * steps, 4L * steps);   // the last large batch of an epoch is smaller
        run.Of<RunEvent.Notice>().Any(n => n.Text.Contains("candidates a step instead of 64", StringComparison.Ordinal))
            .ShouldBe(told is not null);
    }

    [Fact]
    public void Where_the_pool_is_what_is_wanted_auto_draws_uniformly_and_else_by_relevance()
    {
        using var check = new NoTensorLeaks();
        const string methods = "[\"uniform\", \"moore-lewis\", \"auto-relevance@0.0625\"]";   // 4 of 64, as moore-lewis
        foreach ((string pool, string same) in new[] { ("pool", "moore-lewis"), ("pool/on.jsonl", "uniform") })
        {
            ComparedRun run = Run(same, methods, $"data.pool={Path.Combine(_corpus, pool)}", "data.on-task=");

            ArmSummary gated = run.Summary!.Arms.Single(a => a.Method == "auto-relevance@0.0625");
            gated.SelectedSha256.ShouldBe(run.Summary.Arms.Single(a => a.Method == same).SelectedSha256);
            RunEvent.Notice told = run.Of<RunEvent.Notice>().Single(n => n.Text.StartsWith("auto-relevance", StringComparison.Ordinal));
            told.Text.ShouldContain(same == "uniform" ? "it trains uniformly" : "it trains on the most relevant");
        }
    }

    [Fact]
    public void Without_a_share_auto_relevance_takes_half_of_what_is_like_the_holdout()
    {
        using var check = new NoTensorLeaks();
        ComparedRun run = Run("run", "[\"uniform\", \"auto-relevance\"]");
        double like;
        using (ExperimentData data = ExperimentData.Load(run.Recipe))
        {
            like = MooreLewisReference.ShareLikeSample(data.Holdout!, data.Training, order: 3);
        }
        int candidates = (int)Math.Round(4 / (like / 2));
        candidates.ShouldBeInRange(8, 60);   // other than the recipe's 64

        ComparedRun given = Run("given", "[\"uniform\", \"moore-lewis\"]", $"training.large-batch-size={candidates}");

        run.Summary!.Arms[1].SelectedSha256.ShouldBe(given.Summary!.Arms[1].SelectedSha256);
        run.Of<RunEvent.Notice>().Select(notice => notice.Text).ShouldContain(string.Create(CultureInfo.InvariantCulture,
            $"auto-relevance seed 0: about {100 * like:0} % of the training set is like the holdout, by n-grams: it trains on the most "
            + $"relevant {400.0 / candidates:0.#} % of the candidates."));
    }

    [Fact]
    public void A_run_of_relevance_that_was_stopped_goes_on_to_the_bit()
    {
        using var check = new NoTensorLeaks();
        const string arms = "[\"moore-lewis\", \"auto-relevance\", \"two-stage\", \"offline-filter\", \"holdout-only\", "
            + "\"uniform-with-holdout\", \"oracle\"]";
        ComparedRun whole = Run("whole", arms, "checkpoints.every-steps=4", "report.baseline=moore-lewis");
        var stopped = new ComparedRun(_tiny, "stopped", Settings(arms, "checkpoints.every-steps=4", "report.baseline=moore-lewis"));
        stopped.StopAfter("moore-lewis", step: 5).StopAfter("two-stage", step: 7).StopAfter("offline-filter", step: 6)
            .StopAfter("uniform-with-holdout", step: 6).StopAfter("oracle", step: 7).Run();

        stopped.Summary!.Arms.Select(arm => string.Join(' ', arm.MetricByEpoch)).ShouldBe(
            whole.Summary!.Arms.Select(arm => string.Join(' ', arm.MetricByEpoch)));
    }

    // 40 steps of 4 out of 64 are five epochs of nine steps, in which the most relevant come again. What moore-lewis chooses the target
    // does not decide, so that only what it learns differs; auto-relevance finds that it does the same.
    [Fact]
    public void What_is_repeated_weighs_less_and_a_run_that_was_stopped_goes_on_to_the_bit()
    {
        using var check = new NoTensorLeaks();
        const string arms = "[\"moore-lewis\", \"auto-relevance@0.0625\", \"two-stage\"]";
        string[] common = ["training.steps=40", "checkpoints.every-steps=4", "report.baseline=moore-lewis"];
        string[] Weighing(string weight) =>
            [.. common, .. new[] { "moore-lewis", "auto-relevance", "two-stage" }.Select(m => $"methods.{m}.repeat-weight={weight}")];
        ComparedRun without = Run("without", arms, common), off = Run("off", arms, Weighing("1.0"));
        ComparedRun half = Run("half", arms, Weighing("0.5"));
        double[][] Metrics(ComparedRun run) => [.. run.Summary!.Arms.Select(arm => arm.MetricByEpoch.ToArray())];
        string[] Selected(ComparedRun run) => [.. run.Summary!.Arms.Select(arm => arm.SelectedSha256!)];

        Metrics(off).ShouldBe(Metrics(without));
        Selected(half)[..2].ShouldBe(Selected(off)[..2]);
        Metrics(half).Zip(Metrics(off), (weighed, alike) => weighed.Last() != alike.Last()).ShouldAllBe(differs => differs);
        Metrics(half)[1].ShouldBe(Metrics(half)[0]);

        var stopped = new ComparedRun(_tiny, "stopped", Settings(arms, Weighing("0.5")));
        stopped.StopAfter("moore-lewis", step: 26).StopAfter("auto-relevance@0.0625", step: 33).StopAfter("two-stage", step: 39).Run();
        Metrics(stopped).ShouldBe(Metrics(half));
        Selected(stopped).ShouldBe(Selected(half));
    }

    [Fact]
    public void Where_auto_relevance_draws_uniformly_everything_weighs_the_same()
    {
        using var check = new NoTensorLeaks();
        ComparisonSummary summary = Run("run", "[\"uniform\", \"auto-relevance\"]", $"data.pool={Path.Combine(_corpus, "pool/on.jsonl")}",
            "data.on-task=", "training.steps=40", "methods.auto-relevance.repeat-weight=0.5").Summary!;

        summary.Arms[1].MetricByEpoch.ShouldBe(summary.Arms[0].MetricByEpoch);
    }

    [Theory]
    [InlineData("moore-lewis")]
    [InlineData("auto-relevance")]
    [InlineData("two-stage")]
    [InlineData("offline-filter")]
    [InlineData("holdout-only")]
    [InlineData("uniform-with-holdout")]
    public void A_run_does_not_go_on_with_another_sample(string method)
    {
        using var check = new NoTensorLeaks();
        string[] settings = Settings($"[\"{method}\"]", "checkpoints.every-steps=4", $"report.baseline={method}");
        ComparedRun stopped = new ComparedRun(_tiny, "stopped", settings).StopAfter(method, step: 5);
        string sample = Path.Combine(_corpus, "holdout.jsonl");
        File.WriteAllText(sample, File.ReadAllText(sample).Replace("cat", "cow", StringComparison.Ordinal));

        Should.Throw<InvalidInputException>(() => stopped.Run()).Message.ShouldContain("holdout");
    }

    [Theory]
    [InlineData("noise.kind=uniform", "noise.kind is about classes, but the examples of corpus have none. Remove noise.kind.")]
    [InlineData("data.long-tail=10.0", "data.long-tail is about classes")]
    [InlineData("data.labels=labels.csv", "data.labels gives classes to examples, but those of corpus have none.")]
    [InlineData("training.methods=[\"uniform\", \"oracle\"]", "oracle trains on what is known to be clean and relevant, but of these data")]
    [InlineData("model.name=mlp", "The model mlp reads images, but the data are text.")]
    public void What_a_corpus_does_not_have_is_refused(string setting, string message)
    {
        using var check = new NoTensorLeaks();
        string[] noise = setting == "noise.kind=uniform" ? ["noise.fraction=0.1"] : [];
        string[] settings =
        [
            .. Settings("[\"uniform\", \"rho-loss\"]").Where(s => s != "data.on-task=on.jsonl"), setting, .. noise,
        ];

        Should.Throw<InvalidInputException>(() => new ComparedRun(_tiny, "run", settings).Run()).Message.ShouldContain(message);
    }

    [Fact]
    public void A_file_of_losses_without_some_of_the_pools_ids_is_refused_with_counts()
    {
        using var check = new NoTensorLeaks();
        string losses = _tiny.File("losses.csv");
        File.WriteAllText(losses, "id,loss\n0,1.5\n1,2.5\n");
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe(Settings("[\"rho-loss\"]")));

        Should.Throw<InvalidInputException>(() => Run("run", "[\"uniform\", \"rho-loss\"]", $"irreducible-loss.file={losses}")).Message
            .ShouldStartWith($"{losses} has no example with id 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … ({data.Training.Count - 2} of ");
    }

    [Fact]
    public void Weights_of_another_vocabulary_are_refused_before_anything_is_trained()
    {
        using var check = new NoTensorLeaks();
        string path = _tiny.File("gpt.safetensors");
        using (var other = new CausalTransformer(CausalTransformerOptions.Nano with { Vocabulary = 300, Context = 32 }, seed: 0))
        {
            SafetensorsFile.Write(path, other.state_dict(), new Dictionary<string, string>());
        }

        Should.Throw<InvalidInputException>(() => Run("run", "[\"uniform\"]", $"model.weights={path}")).Message.ShouldSatisfyAllConditions(
            m => m.ShouldContain("does not fit CausalTransformer"), m => m.ShouldContain("[300, 96]"), m => m.ShouldContain("[257, 96]"));
    }

    // The earlier run trained on the sample alone, so that its model has seen nothing that this one trains on.
    [Fact]
    public void A_language_model_of_an_earlier_run_is_a_reference_too()
    {
        using var check = new NoTensorLeaks();
        string checkpoints = Path.Combine(_tiny.File("earlier"), "checkpoints"), losses = _tiny.File("of-weights.safetensors");
        SingleRun.Run(
            _tiny.Recipe([.. Settings("[\"uniform\"]"), "training.method=holdout-only"]), RunFolder.CreateAt(_tiny.File("earlier")),
            new MachineSummary("a processor", Cores: 2, MemoryBytes: 1L << 30, Threads: 1, "cpu"), resume: false, _ => { },
            TestContext.Current.CancellationToken);
        ComparedRun run = Run("run", "[\"uniform\", \"rho-loss\"]", $"irreducible-loss.weights={_tiny.File("earlier")}",
            $"irreducible-loss.file={losses}");

        ReferenceSummary reference = run.Summary!.References.ShouldHaveSingleItem();
        (reference.Kind, reference.Test!.Metric).ShouldBe(("previous-run", "bits-per-byte"));
        reference.File.ShouldNotBeNull().ShouldStartWith(checkpoints);
        using DisposeScope scope = NewDisposeScope();
        using ExperimentData data = ExperimentData.Load(run.Recipe);
        using IrreducibleLosses found = IrreducibleLosses.Load(losses, data.Training);
        using var model = new CausalTransformer(CausalTransformerOptions.Nano with { Vocabulary = 257, Context = 32 }, seed: 0);
        model.load_state_dict(SafetensorsFile.Read(reference.File).Tensors
            .Where(tensor => tensor.Key.StartsWith("model.", StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Key["model.".Length..], tensor => tensor.Value));
        model.eval();
        Batch some = data.Training.Gather(data.Training.Ids[..8]);
        using IDisposable noGradient = no_grad();
        Tensor foretold = model.forward(some.Inputs).log_softmax(-1);
        Tensor counted = some.Labels.ge(0), right = foretold.gather(2, some.Labels.clamp_min(0).unsqueeze(2)).squeeze(2);
        Tensor expected = -(right * counted).sum(1) / counted.sum(1);
        (found.Of(some.Indices) - expected).abs().max().item<float>().ShouldBeLessThan(1e-5f);
    }

    [Theory]
    [InlineData(300, 32, "[300, 96]", "[257, 96]")]
    [InlineData(257, 64, "[64, 96]", "[32, 96]")]
    public void A_reference_of_another_vocabulary_or_context_is_refused(int vocabulary, int context, string has, string needs)
    {
        using var check = new NoTensorLeaks();
        string path = _tiny.File("gpt.safetensors");
        var options = CausalTransformerOptions.Nano with { Vocabulary = vocabulary, Context = context };
        using (NewDisposeScope())
        using (var other = new CausalTransformer(options, seed: 0))
        {
            SafetensorsFile.Write(path, other.state_dict(), new Dictionary<string, string>());
        }

        Should.Throw<InvalidInputException>(() => Run("run", "[\"uniform\", \"rho-loss\"]", $"irreducible-loss.weights={path}",
            $"irreducible-loss.file={_tiny.File("losses.safetensors")}")).Message.ShouldSatisfyAllConditions(
            m => m.ShouldStartWith("irreducible-loss.weights must be weights of irreducible-loss.model, gpt-nano, for these data. "),
            m => m.ShouldContain(has), m => m.ShouldContain(needs));
    }

    [Fact]
    public void Relevance_and_a_holdout_are_asked_for_before_anything_is_trained()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<InvalidInputException>(() => ExperimentData.Load(_tiny.Recipe("training.methods=[\"moore-lewis\"]"))).Message
            .ShouldStartWith("moore-lewis counts n-grams of documents, but fashion-mnist has none.");
        Should.Throw<InvalidInputException>(() => ExperimentData.Load(_tiny.Recipe("training.methods=[\"two-stage\"]"))).Message
            .ShouldStartWith("two-stage counts n-grams of documents, but fashion-mnist has none.");
        Should.Throw<InvalidInputException>(() => ExperimentData.Load(
                _tiny.Recipe("training.methods=[\"holdout-only\"]", "data.holdout-fraction=0.0"))).Message
            .ShouldStartWith("holdout-only needs a holdout, but data.holdout-fraction is 0.");
    }

    // Of each large batch ⌈0.5 · |B_t|⌉ are scored: half of the candidates, and at most one more in each of the 12 steps.
    [Fact]
    public void Two_stages_score_what_the_first_leaves_and_say_what_it_dropped_and_cost()
    {
        using var check = new NoTensorLeaks();
        ComparisonSummary summary = Run("run", "[\"uniform\", \"train-loss\", \"two-stage\", \"two-stage+cascade\"]",
            "methods.two-stage.keep=0.5", "methods.two-stage.order=3").Summary!;
        ArmSummary Arm(string name) => summary.Arms.Single(arm => arm.Method == name);
        long candidates = Arm("train-loss").ExamplesScored;

        ArmSummary staged = Arm("two-stage");
        (staged.ExamplesScored - candidates / 2).ShouldBeInRange(0, 12);
        IReadOnlyDictionary<string, double?> last = staged.Points![^1].Metrics;
        last["firstStage.dropped"].ShouldBe(candidates - staged.ExamplesScored);
        last["firstStage.seconds"]!.Value.ShouldBeInRange(double.Epsilon, staged.ScoringSeconds);
        staged.Points[0].Metrics["firstStage.dropped"]!.Value.ShouldBeInRange(1, last["firstStage.dropped"]!.Value - 1);
        Arm("train-loss").Points![^1].Metrics.Keys.ShouldNotContain("firstStage.dropped");
        Arm("two-stage+cascade").ExamplesScored.ShouldBeLessThan(staged.ExamplesScored);   // a shortlist of the rest
        staged.PreparationSeconds.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("methods.two-stage.keep=0.05", "two-stage",
        "methods.two-stage.keep must be at least the share of the candidates that two-stage trains on, 0.0625, but is 0.05. "
        + "Set it between 0.0625 and 1.")]
    [InlineData("methods.two-stage.keep=0.3", "two-stage@0.5",
        "methods.two-stage.keep must be at least the share of the candidates that two-stage@0.5 trains on, 0.5, but is 0.3. "
        + "Set it between 0.5 and 1.")]
    [InlineData("methods.two-stage.keep=0.3", "two-stage+plan",
        "two-stage+plan cannot replay a plan, because its first stage drops candidates while it trains. Name the arm two-stage+target.")]
    public void Stages_that_leave_nothing_to_choose_or_to_score_are_refused(string setting, string arm, string message)
    {
        using var check = new NoTensorLeaks();
        // 4 of 64 candidates are trained on.
        Should.Throw<InvalidInputException>(() => Run("run", $"[\"uniform\", \"{arm}\"]", setting)).Message.ShouldEndWith(message);
    }

    // n_b is 4: 0.1 of it is 0.4, which is none; 0.9 is 3.6, which is all four.
    [Theory]
    [InlineData("0.1", "0.1 of training.batch-size = 4 is 0 of the holdout.")]
    [InlineData("0.9", "0.9 of training.batch-size = 4 is 4 of the holdout.")]
    public void A_share_that_leaves_one_kind_out_of_a_batch_is_refused(string share, string message)
    {
        using var check = new NoTensorLeaks();
        string[] settings = ["training.methods=[\"uniform-with-holdout\"]", $"methods.uniform-with-holdout.share={share}"];

        Should.Throw<InvalidInputException>(() => ExperimentData.Load(_tiny.Recipe(settings))).Message.ShouldBe(
            "methods.uniform-with-holdout.share must put at least one example of the holdout and one of the pool into every batch, but "
            + $"{message} Set methods.uniform-with-holdout.share between 0.25 and 0.75, or training.batch-size higher.");
    }

    private ComparedRun Run(string name, string methods, params string[] more) =>
        new ComparedRun(_tiny, name, Settings(methods, more)).Run();

    private string[] Settings(string methods, params string[] more) =>
    [
        "data.set=corpus", $"data.directory={_corpus}", "data.on-task=on.jsonl", "data.sequence-length=32",
        "noise.kind=none", "noise.fraction=0.0", "model.name=gpt-nano", "irreducible-loss.model=gpt-nano", "irreducible-loss.epochs=1",
        $"training.methods={methods}", "training.steps=12", "training.evaluations=2", "training.large-batch-size=64", .. more,
    ];

    private void Write(string name, int documents, Func<string> text)
    {
        string path = Path.Combine(_corpus, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllLines(path, Enumerable.Range(0, documents).Select(_ => $$"""{"text": "{{text()}}"}"""));
    }

    public void Dispose() => _tiny.Dispose();
}
