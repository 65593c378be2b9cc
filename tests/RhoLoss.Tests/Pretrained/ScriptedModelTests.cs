using System.Text.Json.Nodes;
using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Pretrained;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.References;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Pretrained;

/// <summary>
/// A network in a TorchScript file trains as the same network in TorchSharp does, number for number. The files are PyTorch's
/// (References/make_scripted_models.py).
/// </summary>
[Collection(TakesTheProcess.Name)]
public sealed class ScriptedModelTests
{
    private const int Steps = 20;
    private static readonly TrainerOptions Options = new()
    {
        BatchSize = 2,
        LargeBatchSize = 8,
        Seed = 3,
        Optimizer = new AdamWOptions { LearningRate = 0.01 },
    };

    [Theory]
    [InlineData("mlp", 4, 50)]
    [InlineData("convnet", 2, 51)]
    public void It_gives_the_outputs_that_PyTorch_gives(string name, int count, long stream)
    {
        using var check = new NoTensorLeaks();
        using ScriptedModel model = ScriptedModel.Load(File(name));
        JsonArray expected = JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(Folder, "outputs.json")))![name]!.AsArray();
        long[] shape = name == "mlp" ? [count, 8] : [count, 3, 8, 8];
        model.eval();

        using IDisposable noGradient = no_grad();
        Tensor outputs = model.forward(PyTorchReferences.Filled(shape.Aggregate((a, b) => a * b), stream).reshape(shape).to(float32));

        outputs.shape.ShouldBe([count, 3]);
        Toys.Floats(outputs).Zip(expected, (own, its) => Math.Abs(own - its!.GetValue<float>())).Max().ShouldBeLessThan(1e-5f);
    }

    [Theory]
    [InlineData("mlp", "uniform")]
    [InlineData("mlp", "rho-loss")]
    [InlineData("mlp", "gradient-norm")]
    [InlineData("deepnet", "uniform")]
    [InlineData("deepnet", "rho-loss")]
    [InlineData("convnet", "uniform")]
    [InlineData("convnet", "rho-loss")]
    [InlineData("convnet", "rho-loss, channels-last")]
    public void It_trains_as_the_same_network_in_TorchSharp_to_the_bit(string name, string method)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data(name);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using ScriptedModel scripted = ScriptedModel.Load(File(name));
        using nn.Module<Tensor, Tensor> twin = Twin(name);
        Copy(scripted, twin);
        using Trainer one = Create(method, scripted, data, losses), other = Create(method, twin, data, losses);

        Toys.Record(one, Steps).ShouldBe(Toys.Record(other, Steps));

        foreach ((string key, Tensor value) in twin.state_dict())
        {
            Toys.Bits(scripted.state_dict()[key]).ShouldBe(Toys.Bits(value), key);
        }
        scripted.state_dict().Keys.ShouldBe(twin.state_dict().Keys, ignoreOrder: true);
        Evaluation(one, data).ShouldBe(Evaluation(other, data));
        scripted.training.ShouldBeTrue("an evaluation leaves the mode as it was");
    }

    [Theory]
    [InlineData("mlp", "rho-loss")]
    [InlineData("deepnet", "uniform")]
    [InlineData("deepnet", "rho-loss")]
    [InlineData("convnet", "rho-loss")]
    [InlineData("convnet", "replica")]
    public void An_interrupted_run_continues_bit_for_bit(string name, string method)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Data(name);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        List<StepTrace> expected;
        byte[] last;
        using (ScriptedModel model = ScriptedModel.Load(File(name)))
        using (Trainer trainer = Create(method, model, data, losses))
        {
            Toys.Record(trainer, 9);
            using (NewDisposeScope()) { trainer.Capture().Save(folder.File("checkpoint")); }
            expected = Toys.Record(trainer, Steps);
            last = Toys.Bits(model);
        }

        using ScriptedModel fresh = ScriptedModel.Load(File(name));
        using Trainer resumed = Create(method, fresh, data, losses);
        resumed.Restore(Checkpoint.Load(folder.File("checkpoint")));

        Toys.Record(resumed, Steps).ShouldBe(expected);
        Toys.Bits(fresh).ShouldBe(last);
    }

    [Fact]
    public void Scoring_leaves_its_statistics_alone_and_the_last_example_by_itself_too()
    {
        using var check = new NoTensorLeaks();
        using ScriptedModel model = ScriptedModel.Load(File("convnet"));
        using var preserving = new ScoringPass(model, ScoringMode.Train, RunningStatistics.Preserve);
        using var updating = new ScoringPass(model, ScoringMode.Train, RunningStatistics.Update);
        Tensor one = ones(1, 3, 8, 8), two = ones(2, 3, 8, 8);
        byte[] before = Toys.Bits(model);

        preserving.Forward(two, seed: 1);
        Toys.Bits(model).ShouldBe(before);
        updating.Forward(one, seed: 1);
        Toys.Bits(model).ShouldBe(before);
        updating.Forward(two, seed: 1);
        Toys.Bits(model).ShouldNotBe(before);
        model.named_modules().ShouldAllBe(m => m.module.training);
    }

    [Fact]
    public void It_is_an_irreducible_loss_model_too()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(41), data = Toys.Points(30, seed: 2);
        var options = new HoldoutTrainingOptions { Epochs = 2, BatchSize = 4 };
        using ScriptedModel scripted = ScriptedModel.Load(File("mlp"));
        using nn.Module<Tensor, Tensor> twin = Twin("mlp");
        Copy(scripted, twin);

        using IrreducibleLosses losses = HoldoutTraining.Run(scripted, holdout, data, options);
        using IrreducibleLosses others = HoldoutTraining.Run(twin, holdout, data, options);

        Toys.Floats(losses.Of(data.Ids)).ShouldBe(Toys.Floats(others.Of(data.Ids)));
    }

    [Fact]
    public void Its_layers_see_what_is_trained()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(30);
        using ScriptedModel model = ScriptedModel.Load(File("mlp"));
        using var trainer = new Trainer(model, data, Options);
        byte[] before = Toys.Bits(model.state_dict()["first.weight"]);
        trainer.Step();
        byte[] after = Toys.Bits(model.state_dict()["first.weight"]);
        after.ShouldNotBe(before);
        nn.Module first = model.named_modules().Single(m => m.name == "first").module;
        Toys.Bits(first.get_parameter("weight")!).ShouldBe(after);
    }

    [Fact]
    public void A_network_with_a_head_of_ones_own_on_it_trains_and_goes_on_from_a_checkpoint()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(50);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using nn.Module<Tensor, Tensor> model = new Headed(seed: 1), fresh = new Headed(seed: 2);
        using Trainer trainer = Create("rho-loss", model, data, losses), resumed = Create("rho-loss", fresh, data, losses);
        Toys.Record(trainer, 7);   // the last large batch of an epoch is smaller
        using (NewDisposeScope()) { resumed.Restore(trainer.Capture()); }

        Toys.Record(resumed, 9).ShouldBe(Toys.Record(trainer, 9));
        Toys.Bits(fresh).ShouldBe(Toys.Bits(model));
        model.state_dict().Keys.ShouldContain("body.norm.running_mean");
    }

    [Fact]
    public void It_is_freed_in_whatever_scope_it_was_loaded()
    {
        long before = Toys.LiveTensors;
        ScriptedModel model;
        using (NewDisposeScope()) { model = ScriptedModel.Load(File("convnet")); }
        using (NewDisposeScope()) { model.forward(ones(2, 3, 8, 8)).shape.ShouldBe([2, 3]); }
        model.Dispose();
        model.Dispose();
        Toys.LiveTensors.ShouldBe(before);
    }

    internal static string Folder => Path.Combine(PackageTests.Root(), "tests", "RhoLoss.Tests", "References", "scripted");

    internal static string File(string name) => Path.Combine(Folder, name + ".pt");

    private static LabeledDataset Data(string name) => name == "convnet" ? Toys.Images(50) : Toys.Points(50);

    private static nn.Module<Tensor, Tensor> Twin(string name) => name switch
    {
        "mlp" => new Net(),
        "deepnet" => new DeepNet(),
        _ => new ConvNet(),
    };

    /// <summary>Weights and buffers by name: both have the same.</summary>
    private static void Copy(ScriptedModel from, nn.Module<Tensor, Tensor> to)
    {
        using IDisposable noGradient = no_grad();
        foreach ((string name, Tensor value) in to.state_dict()) { value.copy_(from.state_dict()[name]); }
    }

    private static (double Loss, double Accuracy) Evaluation(Trainer trainer, LabeledDataset data)
    {
        Evaluation found = Evaluator.Evaluate(trainer.Model, data);
        return (found.Loss, found.Accuracy);
    }

    private static Trainer Create(string method, nn.Module<Tensor, Tensor> model, LabeledDataset data, IrreducibleLosses losses)
    {
        return method switch
        {
            "uniform" => new Trainer(model, data, SelectionFunctions.Uniform, null, Options),
            "rho-loss" => new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, losses, Options),
            "rho-loss, channels-last" => new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, losses,
                Options with { Format = ComputeFormat.Default with { ChannelsLast = true } }),
            "gradient-norm" => new Trainer(model, data, SelectionFunctions.GradientNorm, null, Options),
            "replica" => new Trainer(model, data, target => new BatchSelector(
                new ReplicaScorer(target.Parameters, ScriptedModel.Load(File("convnet")), ComputeFormat.Default, refreshEvery: 3),
                SelectionFunctions.TrainLoss, null, 2, new BatchSelectorOptions { LargeBatchSize = 8 }), Options),
            _ => throw new ArgumentOutOfRangeException(nameof(method), method, "There is no such method."),
        };
    }

#pragma warning disable IDE1006   // a layer has the name of its field, and these are the names of PyTorch's state dict

    private sealed class Net : nn.Module<Tensor, Tensor>
    {
        private readonly Linear first = nn.Linear(8, 16), second = nn.Linear(16, 3);
        private readonly Dropout dropout = nn.Dropout(0.3);

        public Net() : base(nameof(Net)) => RegisterComponents();

        public override Tensor forward(Tensor input) => second.forward(dropout.forward(first.forward(input).relu()));
    }

    private sealed class DeepNet : nn.Module<Tensor, Tensor>
    {
        private readonly Linear first = nn.Linear(8, 8), second = nn.Linear(8, 8), third = nn.Linear(8, 3);
        private readonly Dropout dropout = nn.Dropout(0.15);

        public DeepNet() : base(nameof(DeepNet)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            Tensor x = dropout.forward(first.forward(input).tanh() * input.sigmoid());
            x = dropout.forward(second.forward(x).tanh() * x.sigmoid());
            return third.forward(x);
        }
    }

    private sealed class Headed : nn.Module<Tensor, Tensor>
    {
        private readonly ScriptedModel body = ScriptedModel.Load(File("convnet"));
        private readonly Linear head = nn.Linear(3, 3);

        public Headed(long seed) : base(nameof(Headed))
        {
            RegisterComponents();
            Initialization.Reset(head, seed);
        }

        public override Tensor forward(Tensor input) => head.forward(body.forward(input).relu());
    }

    private sealed class ConvNet : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = nn.Conv2d(3, 4, 3, padding: 1, bias: false);
        private readonly BatchNorm2d norm = nn.BatchNorm2d(4);
        private readonly Linear linear = nn.Linear(4, 3);

        public ConvNet() : base(nameof(ConvNet)) => RegisterComponents();

        public override Tensor forward(Tensor input) => linear.forward(norm.forward(conv.forward(input)).relu().mean([2, 3]));
    }
}
