using RhoLoss.Selection;
using static TorchSharp.torch;

namespace OwnParts;

/// <summary>A drawing: the largest scores of a random half of the candidates, so that the hardest are not chosen every time.</summary>
internal sealed record LargestOfHalf : Drawing
{
    public override Drawn Draw(Tensor scores, int count, Generator random)
    {
        long n = scores.shape[0], half = Math.Max(count, n / 2);
        Tensor offered = randperm(n, dtype: int64, generator: random).slice(0, 0, half, 1).to(scores.device);
        Tensor order = scores.index_select(0, offered).sort(descending: true).Indices;
        return new Drawn(offered.index_select(0, order.slice(0, 0, count, 1)));
    }
}
