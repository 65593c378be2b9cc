using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>See <see cref="TorchOptimizerOptions"/>.</summary>
internal sealed class TorchOptimizer : Optimizer
{
    private const string StateKey = "torch";
    private readonly OptimizerHelper _inner;

    public TorchOptimizer(FlatParameters parameters, Func<IEnumerable<Parameter>, OptimizerHelper> create) : base(parameters)
    {
        ArgumentNullException.ThrowIfNull(create);
        if (parameters.Format.Precision != Precision.Float32)
        {
            throw new ArgumentException(
                "An optimizer of TorchSharp updates the parameters that layers compute with, so they must be float32, but they are "
                + $"{parameters.Format.Precision}. Train in float32, or with AdamWOptions or SgdOptions.", nameof(parameters));
        }
        _inner = create(parameters.TrainedParameters)
            ?? throw new ArgumentException("TorchOptimizerOptions.Create returned null, but must make an optimizer.", nameof(create));
    }

    private protected override void Update(double learningRateFactor)
    {
        (optim.ILearningRateController Group, double Rate)[] rates = [.. _inner.ParamGroups.Select(g => (g, g.LearningRate))];
        foreach ((optim.ILearningRateController group, double rate) in rates) { group.LearningRate = rate * learningRateFactor; }
        _inner.step()?.Dispose();
        foreach ((optim.ILearningRateController group, double rate) in rates) { group.LearningRate = rate; }
    }

    /// <summary>The bytes that TorchSharp writes.</summary>
    private protected override Dictionary<string, Tensor> Capture()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true)) { _inner.save_state_dict(writer); }
        return new Dictionary<string, Tensor>(StringComparer.Ordinal) { [StateKey] = tensor(stream.ToArray()) };
    }

    private protected override void Restore(Func<string, Tensor> state)
    {
        Tensor saved = state(StateKey);
        if (saved.dtype != ScalarType.Byte || saved.dim() != 1)
        {
            throw new InvalidInputException(
                $"The state of an optimizer of TorchSharp is uint8 of one axis, but '{StateKey}' is {saved.dtype} with {saved.dim()}.");
        }
        byte[] bytes = saved.cpu().data<byte>().ToArray();
        byte[] before = [.. Capture()[StateKey].data<byte>()];
        try
        {
            Load(bytes);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or IOException or FormatException)
        {
            Load(before);   // TorchSharp reads straight into what is live
            throw new InvalidInputException($"The state is of another optimizer of TorchSharp: {e.Message}", e);
        }
    }

    /// <summary>What TorchSharp makes while it reads is the optimizer's, not that of the dispose scope it is read in.</summary>
    private void Load(byte[] bytes)
    {
        using DisposeScope scope = NewDisposeScope();
        using var reader = new BinaryReader(new MemoryStream(bytes));
        _inner.load_state_dict(reader);
        scope.Detach([.. scope.DisposablesView]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) { _inner.Dispose(); }
    }
}
