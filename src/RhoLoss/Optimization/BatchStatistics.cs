using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// BatchNorm and batches of one example, such as the last of an epoch can be. One example has no statistics of a batch: LibTorch refuses
/// it where a channel is one number, and elsewhere would move the running statistics towards that example.
/// </summary>
internal static class BatchStatistics
{
    private const string Mean = "running_mean";

    /// <summary>
    /// For one example, until what is returned is disposed: BatchNorm in train mode normalises by its running statistics and leaves them
    /// alone. For more, nothing, and null.
    /// </summary>
    public static IDisposable? For(nn.Module model, long examples) => examples == 1 ? new Running(model) : null;

    /// <summary>Refuses batches that are all of one example, from which BatchNorm could not learn its statistics.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batchSize">Examples of a batch.</param>
    /// <param name="parts">In how many parts it goes through the model; at most as many.</param>
    /// <exception cref="InvalidInputException">The model has BatchNorm and the batch size, or a part of the batch, is 1.</exception>
    public static void Require(nn.Module model, int batchSize, int parts = 1)
    {
        if (batchSize / parts > 1) { return; }
        (string name, nn.Module layer) = model.named_modules().FirstOrDefault(m => IsBatchNorm(m.module));
        if (layer is null) { return; }
        throw new InvalidInputException(
            $"{model.GetName()} has BatchNorm ({name}), which learns the statistics of batches, so "
            + (batchSize > 1
                ? $"each part of a batch must have at least 2 examples, but of {batchSize} examples in {parts} parts one has 1. Take fewer "
                    + "parts, or a model without BatchNorm."
                : $"the batch size must be at least 2, but is {batchSize}. Give a larger one, or a model without BatchNorm."));
    }

    private static bool IsBatchNorm(nn.Module layer) => layer is BatchNorm1d or BatchNorm2d or BatchNorm3d || KeepsStatistics(layer);

    /// <summary>Whether it is a layer of TorchScript with running statistics of its own; such layers have no types, but names.</summary>
    private static bool KeepsStatistics(nn.Module layer) => layer is jit.ScriptModule && layer.has_buffer(Mean);

    private sealed class Running : IDisposable
    {
        private readonly nn.Module[] _layers;

        public Running(nn.Module model)
        {
            // Without running statistics a layer would take the batch's in either mode.
            _layers =
            [
                .. model.named_modules().Select(m => m.module).Prepend(model).Distinct()
                    .Where(m => m.training && IsBatchNorm(m) && m is NormBase { running_mean: not null } or jit.ScriptModule),
            ];
            foreach (nn.Module layer in _layers) { layer.eval(); }
        }

        public void Dispose()
        {
            foreach (nn.Module layer in _layers) { layer.train(); }
        }
    }
}
