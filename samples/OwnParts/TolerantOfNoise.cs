using RhoLoss.Selection;
using TorchSharp;
using static TorchSharp.torch;

namespace OwnParts;

/// <summary>A selection function: the loss, but of a point with a loss above ln C · 2, which is likely mislabelled, nothing.</summary>
internal static class TolerantOfNoise
{
    /// <summary>One score for each candidate; the largest are trained on.</summary>
    public static Tensor Score(Candidates candidates)
    {
        double limit = 2 * Math.Log(candidates.Logits.shape[1]);
        return candidates.Loss * candidates.Loss.lt(limit).to(float32);
    }

    /// <summary>Its unit test: no data and no model, only numbers.</summary>
    public static void Check()
    {
        using DisposeScope scope = NewDisposeScope();
        // Of two classes, logits (0, 5): class 0 has a loss of 5.007, above 2 ln 2; class 1 one of 0.007.
        Candidates two = Candidates.Of(labels: tensor([0L, 1L]), logits: tensor([0f, 5f, 0f, 5f]).reshape(2, 2));
        float[] scores = Score(two).data<float>().ToArray();
        if (scores[0] != 0 || Math.Abs(scores[1] - 0.00672) > 1e-4) { throw new InvalidOperationException("The function is wrong."); }
    }
}
