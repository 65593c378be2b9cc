using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>Irreducible losses of a model that an earlier run trained.</summary>
public sealed class PreviousRunTests : IDisposable
{
    private static readonly MachineSummary Machine = new("a processor", Cores: 2, MemoryBytes: 1L << 30, Threads: 1, "cpu");

    private readonly TinyExperiment _tiny = new();

    private string Losses => _tiny.File("of-weights.safetensors");

    [Theory]
    [InlineData("folder", "1.0")]
    [InlineData("checkpoint", "2.0")]
    [InlineData("weights", "1.0")]
    public void A_comparison_takes_its_losses_from_the_model_and_trains_none(string form, string temperature)
    {
        using var check = new NoTensorLeaks();
        RunFolder earlier = Earlier();
        string checkpoint = new CheckpointStore(earlier.CheckpointsPath).Best()!;
        string weights = form switch { "folder" => earlier.Location, "checkpoint" => checkpoint, _ => StateDictOf(checkpoint) };
        ComparedRun run = Compared("run", weights, $"irreducible-loss.temperature={temperature}").Run();

        using DisposeScope scope = NewDisposeScope();
        using ExperimentData data = ExperimentData.Load(run.Recipe);
        using IrreducibleLosses losses = IrreducibleLosses.Load(Losses, data.Training);
        Tensor expected = ByHand(checkpoint, data.Training, double.Parse(temperature, System.Globalization.CultureInfo.InvariantCulture));
        (losses.Of(data.Training.Ids) - expected).abs().max().item<float>().ShouldBeLessThan(1e-5f);
        string file = form == "weights" ? weights : checkpoint;
        losses.Facts.Source.ShouldBe("previous-run");
        losses.Facts.Architecture.ShouldBe($"mlp-16 with the weights of {file}");
        losses.Facts.Loss.ShouldBe(ByHand(checkpoint, data.Training, 1).mean().item<float>(), 1e-5);
        losses.Facts.Settings.ShouldNotBeNull().ShouldContain($"irreducible-loss.weights (SHA-256)={PreviousRun.HashOf(file)}");
        run.Of<PreparationEvent.HoldoutEpochDone>().ShouldBeEmpty();
        run.Of<PreparationEvent.IrreducibleLossesReady>().ShouldHaveSingleItem().Line.ShouldStartWith(
            $"irreducible losses: mlp-16 with the weights of {file}");

        ReferenceSummary reference = run.Summary!.References.ShouldHaveSingleItem();
        (reference.Kind, reference.File, reference.Seconds).ShouldBe(("previous-run", file, losses.Facts.Seconds));
        double tested = ByHand(checkpoint, data.Test, 1).mean().item<float>();
        reference.Test.ShouldNotBeNull().Metric.ShouldBe("testLoss");
        reference.Test.Value.ShouldBe(tested, 1e-5);
        reference.Seconds.ShouldBeGreaterThan(0);
        run.Summary.Arms.Single(arm => arm.Method == "rho-loss").SecondsSpentBefore.ShouldBe(reference.Seconds);
        run.Summary.Arms.Single(arm => arm.Method == "uniform").SecondsSpentBefore.ShouldBe(0);
        ComparisonSummary.Load(run.Folder.SummaryPath).References.ShouldBe(run.Summary.References);
        Compared("again", weights, $"irreducible-loss.temperature={temperature}").Run().Summary!.IrreducibleLoss!.Reused.ShouldBeTrue();
    }

    [Fact]
    public void No_holdout_is_needed_and_one_that_is_there_is_told_to_be_unused()
    {
        using var check = new NoTensorLeaks();
        string weights = Earlier().Location;
        const string unused = "The previous-run needs no holdout, so its 210 examples stay unused.";

        Compared("without", weights, $"irreducible-loss.file={_tiny.File("all.safetensors")}", "data.holdout-fraction=0.0").Run()
            .Summary!.Arms.Count.ShouldBe(2);
        Notices(Compared("with", weights).Run()).ShouldContain(notice => notice.StartsWith(unused, StringComparison.Ordinal));
        // Here the holdout is trained on by an arm.
        Notices(Compared("used", weights, $"irreducible-loss.file={_tiny.File("used.safetensors")}",
                "training.methods=[\"uniform\", \"rho-loss\", \"holdout-only\"]").Run())
            .ShouldNotContain(notice => notice.StartsWith(unused, StringComparison.Ordinal));
    }

    [Fact]
    public void A_model_that_has_seen_these_very_examples_is_told_and_one_of_the_holdout_is_not()
    {
        using var check = new NoTensorLeaks();
        string seen = Best(Earlier("seen", "uniform")), unseen = Best(Earlier());

        Notices(Compared("run", seen).Run()).ShouldContain(
            $"{seen} is of a model that was trained on the very examples that this run trains on, so that its losses of them are too low "
            + "to tell what can be learnt. Give irreducible-loss.weights a model that has not seen them.");
        Notices(Compared("other", unseen, $"irreducible-loss.file={_tiny.File("unseen.safetensors")}").Run())
            .ShouldNotContain(notice => notice.Contains("the very examples", StringComparison.Ordinal));
        Notices(Compared("split", seen, $"irreducible-loss.file={_tiny.File("split.safetensors")}", "data.split-seed=1").Run())
            .ShouldNotContain(notice => notice.Contains("the very examples", StringComparison.Ordinal));
    }

    [Fact]
    public void The_name_of_the_losses_follows_the_content_of_the_weights_and_nothing_else_of_them()
    {
        using var check = new NoTensorLeaks();
        string first = Random("first.safetensors", seed: 1), second = Random("second.safetensors", seed: 2);
        File.Copy(first, _tiny.File("copy.safetensors"));
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe());
        string NameWith(string weights, params string[] more) => IrreducibleLossFile.PathFor(
            _tiny.Recipe(["irreducible-loss.file=", $"irreducible-loss.weights={weights}", .. more]), data);

        NameWith(second).ShouldNotBe(NameWith(first));
        NameWith(first).ShouldNotBe(NameWith(""));
        NameWith(_tiny.File("copy.safetensors")).ShouldBe(NameWith(first));
        NameWith(first, "irreducible-loss.epochs=9", "irreducible-loss.learning-rate=0.5").ShouldBe(NameWith(first));
        NameWith(first, "irreducible-loss.hidden=[8]").ShouldNotBe(NameWith(first));
        NameWith(first, "irreducible-loss.temperature=2.0").ShouldEndWith("-t2.safetensors");
    }

    [Fact]
    public void A_file_that_the_user_names_holds_the_losses_of_one_file_of_weights()
    {
        using var check = new NoTensorLeaks();
        string weights = Random("weights.safetensors", seed: 1);
        Compared("run", weights).Run();
        string before = PreviousRun.HashOf(weights)!;
        Random("weights.safetensors", seed: 2);

        Should.Throw<InvalidInputException>(() => Compared("other", weights).Run()).Message.ShouldStartWith(
            $"{Losses} holds irreducible losses that were made with other settings: irreducible-loss.weights (SHA-256) was {before} and is "
            + $"{PreviousRun.HashOf(weights)}. Set them as they were, or name another irreducible-loss.file.");

        new ComparedRun(_tiny, "holdout").Run();
        Should.Throw<InvalidInputException>(() => Compared("mixed", weights, $"irreducible-loss.file={_tiny.IrreducibleLossFile}").Run())
            .Message.ShouldStartWith(
                $"{_tiny.IrreducibleLossFile} holds losses of another source (holdout), but irreducible-loss.weights is set.");
    }

    [Fact]
    public void A_run_does_not_go_on_with_other_weights_and_goes_on_with_the_same_to_the_bit()
    {
        using var check = new NoTensorLeaks();
        string weights = Random("weights.safetensors", seed: 1);
        byte[] before = File.ReadAllBytes(weights);
        ComparedRun whole = Compared("whole", weights).Run();
        ComparedRun stopped = Compared("stopped", weights).StopAfter("rho-loss", 8);
        Random("weights.safetensors", seed: 2);

        string message = Should.Throw<InvalidInputException>(() => stopped.Run()).Message;
        message.ShouldStartWith($"{stopped.Folder.Location} was started with other weights: {weights} has changed (SHA-256 ");
        message.ShouldEndWith("Restore that file to continue it, or give another --out to start a new run.");

        File.WriteAllBytes(weights, before);
        stopped.Run().Comparable.ShouldBe(whole.Comparable);
    }

    [Fact]
    public void Where_there_is_no_such_file_one_sentence_says_so()
    {
        using var check = new NoTensorLeaks();
        string missing = _tiny.File("missing.safetensors"), folder = Directory.CreateDirectory(_tiny.File("empty")).FullName;
        Refused(missing).ShouldBe(
            $"irreducible-loss.weights: there is no file {missing}. "
            + "Give a file of weights, or a checkpoint or the folder of an earlier run.");
        Refused(folder).ShouldBe(
            $"irreducible-loss.weights: {folder} is a folder, but of no run that `rho train` made. "
            + "Give the folder of such a run, or a file of weights.");
        Directory.CreateDirectory(Path.Combine(folder, "checkpoints"));
        Refused(folder).ShouldBe(
            $"irreducible-loss.weights: {folder} has no checkpoint that was measured (a finished comparison keeps none). "
            + "Give the folder of a run that `rho train` finished, or a file of weights.");
        RunFolder earlier = Earlier("running");
        (string running, string best) = (earlier.Location, Best(earlier));
        File.Delete(earlier.SummaryPath);
        Refused(running).ShouldBe(
            $"irreducible-loss.weights: the run in {running} has not ended, so that its best checkpoint may become another one. "
            + $"Let it end, or give a checkpoint: {best}.");
        Refused("gpt-nano-program").ShouldStartWith("irreducible-loss.weights: no weights named gpt-nano-program ship with the tool");
        File.WriteAllText(missing, "no weights");
        Refused(missing).ShouldStartWith($"{missing}");
        File.Exists(Losses).ShouldBeFalse();
    }

    [Theory]
    [InlineData("mlp", 8, 10, "mlp-16, for these data. ")]
    [InlineData("resnet-18", 0, 10, "mlp-16, for these data. ")]
    [InlineData("mlp", 16, 7, "has no classifier for the 10 classes of the data")]
    public void Weights_of_another_network_or_of_other_classes_are_refused(string model, int width, int classes, string message)
    {
        using var check = new NoTensorLeaks();
        string weights = _tiny.File("other.safetensors");
        using (NewDisposeScope())
        using (nn.Module<Tensor, Tensor> other = ModelTable.Get(model).Create(new ModelRequest([1, 8, 8], classes, 0, [width], 0, null)))
        {
            SafetensorsFile.Write(weights, other.state_dict(), new Dictionary<string, string>());
        }

        string refused = Refused(weights);
        refused.ShouldStartWith("irreducible-loss.weights");
        refused.ShouldContain(message);
        refused.ShouldContain(weights);
        File.Exists(Losses).ShouldBeFalse();
    }

    [Fact]
    public void Weights_that_are_gone_or_others_when_the_run_ends_are_not_said_to_be_those_of_the_losses()
    {
        using var check = new NoTensorLeaks();
        string weights = Random("weights.safetensors", seed: 1);
        ComparedRun run = Compared("run", weights).Run();
        using ExperimentData data = ExperimentData.Load(run.Recipe);
        using IrreducibleLosses losses = IrreducibleLosses.Load(Losses, data.Training);
        ReferenceSummary Measured() => MeasuredReferences.Of(run.Recipe, ["rho-loss"], data, losses).ShouldHaveSingleItem();
        Measured().File.ShouldBe(weights);

        Random("weights.safetensors", seed: 2);
        (Measured().File, Measured().Test).ShouldBe((null, null));
        File.Delete(weights);
        (Measured().File, Measured().Test).ShouldBe((null, null));
    }

    [Fact]
    public void A_point_that_is_complete_answers_for_no_other_weights_and_needs_them_no_more()
    {
        using var check = new NoTensorLeaks();
        string weights = Random("weights.safetensors", seed: 1);
        ComparedRun run = Compared("run", weights).Run();
        ResolvedRecipe recipe = RecipeLoader.Load(
            _tiny.WriteRecipe(), [$"irreducible-loss.file={Losses}", $"irreducible-loss.weights={weights}", "report.metric=testLoss"]);
        File.WriteAllText(run.Folder.ConfigPath, recipe.ToToml());
        void Check() => new ComparisonFolder(recipe, run.Folder.Location).Check().IsComplete.ShouldBeTrue();
        Check();

        Random("weights.safetensors", seed: 2);
        Should.Throw<InvalidInputException>(Check).Message.ShouldContain($" was started with other weights: {weights} has changed");
        File.Delete(weights);
        Check();
    }

    [Fact]
    public void Losses_of_a_holdout_model_are_not_said_to_be_of_other_data()
    {
        using var check = new NoTensorLeaks();
        string[] settings = ["irreducible-loss.epochs=20", "irreducible-loss.batch-size=320", "irreducible-loss.learning-rate=0.001",
            "irreducible-loss.file="];
        Recipe trained = _tiny.Recipe(settings);
        Recipe read = _tiny.Recipe([.. settings, $"irreducible-loss.weights={Random("weights.safetensors", seed: 1)}"]);
        using ExperimentData data = ExperimentData.Load(trained);
        string folder = Directory.CreateDirectory(_tiny.File("losses")).FullName;
        string file = Path.GetFileName(IrreducibleLossFile.PathFor(trained, data));
        file.ShouldStartWith(IrreducibleLossName.SettingsOf(read));   // what the two are found by
        var facts = new IrreducibleLossFacts("mlp-16", "holdout", 0, 1, 1, 0.5, 1, Holdout: data.Holdout!.Fingerprint.Value);
        using (NewDisposeScope())
        using (var made = IrreducibleLosses.From(zeros(data.Training.Count), data.Training, facts))
        {
            made.Save(Path.Combine(folder, file));
        }
        var events = new List<RunEvent>();

        IrreducibleLossSiblings.Look(read, data, holdout: null, Path.Combine(folder, "of-weights.safetensors"), events.Add);

        events.ShouldBeEmpty();
    }

    [Fact]
    public void A_model_that_goes_on_learning_is_another_reference()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe(
            $"irreducible-loss.weights={Random("weights.safetensors", seed: 1)}", "training.methods=[\"original-rho\"]");
        using ExperimentData data = ExperimentData.Load(recipe);

        void Make() => IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => { }, TestContext.Current.CancellationToken);

        Should.Throw<InvalidInputException>(Make).Message.ShouldBe(
            "Recipe tiny: original-rho goes on training a model that was trained on the holdout, but irreducible-loss.weights names one of "
            + "an earlier run. Remove irreducible-loss.weights, or leave original-rho out.");
    }

    public void Dispose() => _tiny.Dispose();

    /// <summary>A run whose model has seen the holdout alone, unless another method is named.</summary>
    private RunFolder Earlier(string name = "earlier", string method = "holdout-only")
    {
        RunFolder folder = RunFolder.CreateAt(_tiny.File(name));
        SingleRun.Run(_tiny.Recipe($"training.method={method}", "model.hidden=[16]"), folder, Machine, resume: false, _ => { },
            TestContext.Current.CancellationToken);
        return folder;
    }

    private static string Best(RunFolder folder) => new CheckpointStore(folder.CheckpointsPath).Best()!;

    private ComparedRun Compared(string name, string weights, params string[] more) => new(
        _tiny, name, [$"irreducible-loss.file={Losses}", $"irreducible-loss.weights={weights}", "report.metric=testLoss", .. more]);

    private string Refused(string weights) =>
        Should.Throw<InvalidInputException>(() => Compared($"refused-{Guid.NewGuid():N}", weights).Run()).Message;

    private static string[] Notices(ComparedRun run) => [.. run.Of<RunEvent.Notice>().Select(notice => notice.Text)];

    /// <summary>Weights of the network that nobody trained.</summary>
    private string Random(string name, long seed)
    {
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe());
        using nn.Module<Tensor, Tensor> model = new Architecture("mlp", [16]).Create(data.Training, seed);
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile.Write(_tiny.File(name), model.state_dict(), new Dictionary<string, string>());
        return _tiny.File(name);
    }

    /// <summary>The model of a checkpoint alone, under PyTorch's names.</summary>
    private string StateDictOf(string checkpoint)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> model = SafetensorsFile.Read(checkpoint).Tensors
            .Where(tensor => tensor.Key.StartsWith("model.", StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Key["model.".Length..], tensor => tensor.Value);
        SafetensorsFile.Write(_tiny.File("plain.safetensors"), model, new Dictionary<string, string>());
        return _tiny.File("plain.safetensors");
    }

    /// <summary>Two linear layers with what is above 0 between them, and the cross-entropy of their outputs over a temperature.</summary>
    private static Tensor ByHand(string checkpoint, LabeledDataset data, double temperature)
    {
        Dictionary<string, Tensor> read = SafetensorsFile.Read(checkpoint).Tensors;
        Batch batch = data.Gather(data.Ids);
        Tensor hidden = (batch.Inputs.flatten(1).matmul(read["model.fc1.weight"].t()) + read["model.fc1.bias"]).clamp_min(0);
        Tensor logits = (hidden.matmul(read["model.fc2.weight"].t()) + read["model.fc2.bias"]) / temperature;
        return logits.logsumexp(1) - logits.gather(1, batch.Labels.unsqueeze(1)).squeeze(1);
    }
}
