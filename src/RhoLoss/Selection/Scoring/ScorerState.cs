using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>Copies saved entries into live tensors.</summary>
internal static class ScorerState
{
    /// <summary>Copies an entry into a tensor of the same type and shape.</summary>
    /// <exception cref="InvalidInputException">Type or shape differ; a copy would convert or repeat it without a word.</exception>
    public static void CopyInto(Tensor own, Func<string, Tensor> state, string name)
    {
        Tensor saved = state(name);
        SavedTensor.RequireLike("The scorer's state", name, saved, own);
        own.copy_(saved);
    }
}
