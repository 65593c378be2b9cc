using RhoLoss.Data;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>Small data and models, all from explicit seeds. Ids are 100, 107, 114, …, so that an id is never mistaken for a row.</summary>
internal static class Toys
{
    /// <summary>InfoBatch.</summary>
    public static readonly Func<Tensor, int, long, IExampleSampler> Pruning = (ids, size, seed) => new PruningSampler(ids, size, seed);

    public static readonly IrreducibleLossFacts Facts = new("none", "holdout", Seed: 0, Epoch: 1, Loss: 0, Accuracy: 0, Seconds: 0);

    /// <summary>Normal inputs [count, features]; the label is the largest of the first C of them, so it can be learnt.</summary>
    public static LabeledDataset Points(int count, int features = 8, int classes = 3, long seed = 1)
    {
        using IDisposable scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        Tensor inputs = randn([count, features], generator: generator);
        return new LabeledDataset(inputs, inputs.slice(1, 0, classes, 1).argmax(1), classes, Ids(count));
    }

    /// <summary>Normal inputs whose labels have nothing to do with them: whatever is learnt of them is memorised.</summary>
    public static LabeledDataset PointsWithRandomLabels(int count, int features = 8, int classes = 3, long seed = 1)
    {
        using LabeledDataset points = Points(count, features, classes, seed);
        using IDisposable scope = NewDisposeScope();
        return points.WithLabels(arange(count, dtype: int64) % classes);
    }

    /// <summary>Random bytes [count, 3, 8, 8], normalised per channel, labels 0, 1, 2, 0, …</summary>
    public static LabeledDataset Images(int count, int classes = 3, long seed = 1)
    {
        using IDisposable scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        Tensor bytes = randint(0, 256, [count, 3, 8, 8], dtype: uint8, generator: generator);
        return new LabeledDataset(bytes, arange(count, dtype: int64) % classes, classes, Ids(count),
            new Normalization([0.4f, 0.5f, 0.6f], [0.2f, 0.25f, 0.3f]));
    }

    /// <summary>A table of normal random losses for the data.</summary>
    public static IrreducibleLosses RandomLosses(LabeledDataset data, long seed = 1)
    {
        using IDisposable scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        return IrreducibleLosses.From(randn([data.Count], generator: generator), data, Facts);
    }

    public static byte[] Bits(Tensor tensor) => tensor.detach().contiguous().bytes.ToArray();

    /// <summary>All parameters and buffers, as bytes.</summary>
    public static byte[] Bits(nn.Module model) => [.. model.state_dict().SelectMany(entry => Bits(entry.Value))];

    public static byte[] ParameterBits(nn.Module model) => [.. model.parameters().SelectMany(Bits)];

    public static long[] Longs(Tensor tensor) => [.. tensor.detach().cpu().contiguous().data<long>()];

    public static float[] Floats(Tensor tensor) => [.. tensor.detach().cpu().contiguous().data<float>()];

    /// <summary>Tensors of this thread that are alive now.</summary>
    public static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    /// <summary>−log softmax(z)_y, written out.</summary>
    public static Tensor CrossEntropy(Tensor logits, Tensor labels) =>
        logits.logsumexp(1) - logits.gather(1, labels.unsqueeze(1)).squeeze(1);

    /// <summary>Takes steps and records what each did: ids in order, loss, and how many were scored.</summary>
    public static List<StepTrace> Record(Trainer trainer, int steps)
    {
        var trace = new List<StepTrace>();
        string ids = "";
        trainer.OnStep = step => ids = string.Join(' ', Longs(step.Selected.Indices));
        for (int i = 0; i < steps; i++)
        {
            StepResult result = trainer.Step();
            trace.Add(new StepTrace(result.Step, ids, result.Loss, result.Scored, result.EpochEnded));
        }
        trainer.OnStep = null;
        return trace;
    }

    private static Tensor Ids(int count) => arange(count, dtype: int64) * 7 + 100;
}

internal sealed record StepTrace(long Step, string Ids, double Loss, int Scored, bool EpochEnded);

/// <summary>Two convolutions with BatchNorm and a shortcut, mean over the image, one linear layer: a ResNet in small.</summary>
internal sealed class SmallResidualNet : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d _conv1 = nn.Conv2d(3, 4, 3, padding: 1, bias: false), _conv2 = nn.Conv2d(4, 4, 3, padding: 1, bias: false);
    private readonly BatchNorm2d _bn1 = nn.BatchNorm2d(4), _bn2 = nn.BatchNorm2d(4);
    private readonly Linear _linear = nn.Linear(4, 3);

    public SmallResidualNet(long seed) : base(nameof(SmallResidualNet))
    {
        RegisterComponents();
        Initialization.Reset(this, seed);
    }

    public override Tensor forward(Tensor input)
    {
        Tensor x = _bn1.forward(_conv1.forward(input)).relu();
        return _linear.forward(x.add(_bn2.forward(_conv2.forward(x))).relu().mean([2, 3]));
    }
}

/// <summary>A user's model with dropout, which draws from the process-wide generator.</summary>
internal sealed class DropoutNet : nn.Module<Tensor, Tensor>
{
    private readonly Linear _first = nn.Linear(8, 16), _second = nn.Linear(16, 3);
    private readonly Dropout _dropout;

    public DropoutNet(long seed, double probability = 0.5) : base(nameof(DropoutNet))
    {
        _dropout = nn.Dropout(probability);
        RegisterComponents();
        Initialization.Reset(this, seed);
    }

    public override Tensor forward(Tensor input) => _second.forward(_dropout.forward(_first.forward(input).relu()));
}

/// <summary>One parameter w; the logits of an input x are (w·x, 0).</summary>
internal sealed class OneWeight : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _weight;

    public OneWeight(float weight) : base(nameof(OneWeight))
    {
        _weight = nn.Parameter(tensor([weight]));
        RegisterComponents();
    }

    public float Value => _weight.item<float>();

    public override Tensor forward(Tensor input)
    {
        Tensor logit = input * _weight;
        return cat([logit, zeros_like(logit)], 1);
    }
}

/// <summary>The inputs are the logits.</summary>
internal sealed class PassThrough() : nn.Module<Tensor, Tensor>(nameof(PassThrough))
{
    public override Tensor forward(Tensor input) => input.clone();
}
