using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>What a <see cref="PruningSampler"/> captured, checked.</summary>
/// <param name="Losses">Last loss of each row, float32, shape [N].</param>
/// <param name="Rows">The epoch's rows in their order, int64, shape [kept]; empty between epochs.</param>
/// <param name="Weights">Their weights, float32, shape [kept].</param>
/// <param name="Pruned">Whether the epoch has weights other than 1.</param>
/// <param name="State">The position.</param>
internal sealed record PruningSamplerState(Tensor Losses, Tensor Rows, Tensor Weights, bool Pruned, SamplerState State)
{
    /// <summary>Reads what a sampler of so many ids captured. The caller's dispose scope owns what is made on the way.</summary>
    /// <exception cref="InvalidInputException">A part is missing or does not fit that sampler.</exception>
    public static PruningSamplerState Read(Func<string, Tensor> captured, int count)
    {
        Tensor losses = Part("losses", float32, count), state = Part("state", int64, 4), rows = Part("rows", int64, null);
        Tensor weights = Part("weights", float32, rows.shape[0]);
        long[] s = [.. state.cpu().data<long>()];
        long length = rows.shape[0];
        if (s[0] < 0 || s[2] < 0 || s[1] < 0 || s[1] >= Math.Max(1, length)
            || (length > 0 && (rows.min().item<long>() < 0 || rows.max().item<long>() >= count)))
        {
            throw new InvalidInputException(
                $"A pruning sampler of {Counted.Of(count, "id")} cannot be at epoch {s[0]}, position {s[1]} of {length}. "
                + "Restore it from a checkpoint of the same data.");
        }
        return new PruningSamplerState(losses, rows, weights, s[3] != 0, new SamplerState((int)s[0], (int)s[1], s[2]));

        Tensor Part(string name, ScalarType type, long? length) =>
            captured(name) is { } part && part.dtype == type && part.dim() == 1 && (length is null || part.shape[0] == length)
                ? part
                : throw new InvalidInputException(
                    $"The state of a pruning sampler of {Counted.Of(count, "id")} needs '{name}', "
                    + $"{type} of shape [{(length is { } c ? c : "kept")}], but it differs. "
                    + "Restore it from a checkpoint of the same data.");
    }
}
