using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// The selection functions of the paper (Section 4, Baselines); its active-learning baselines (App. G), which need dropout in the target;
/// and bounded ones, of p_t = exp(−L[y|x; D_t]) and p_IL = exp(−L[y|x; D_ho]), which the paper does not have. Each returns shape [n_B];
/// the largest are selected.
/// </summary>
public static partial class SelectionFunctions
{
    /// <summary>RHO-LOSS: L[y|x; D_t] − L[y|x; D_ho] (Eq. 8). May be negative; never clipped.</summary>
    public static Tensor ReducibleHoldoutLoss(Candidates candidates) => candidates.Loss - candidates.IrreducibleLoss;

    /// <summary>
    /// Random numbers: the largest k of them are k candidates drawn uniformly without replacement. Needs no forward pass.
    /// </summary>
    public static Tensor Uniform(Candidates candidates) => candidates.Random();

    /// <summary>Train loss L[y|x; D_t]: ordered SGD (Kawaguchi and Lu, 2020).</summary>
    public static Tensor TrainLoss(Candidates candidates) => candidates.Loss;

    /// <summary>
    /// ‖softmax(z) − onehot(y)‖₂: gradient norm at the last layer, an upper bound of the whole gradient's up to
    /// a constant (Katharopoulos and Fleuret, 2018).
    /// </summary>
    public static Tensor GradientNorm(Candidates candidates) => candidates.GradientNorm;

    /// <summary>−L[y|x; D_ho]: skips noisy and less relevant points, but not learnt ones.</summary>
    public static Tensor NegativeIrreducibleLoss(Candidates candidates) => -candidates.IrreducibleLoss;

    /// <summary>
    /// How relevant a candidate is by the reference, the model left aside: mean log p_sample − log p_pool of two n-gram models (Moore and
    /// Lewis, ACL 2010).
    /// </summary>
    public static Tensor Relevance(Candidates candidates) => candidates.Relevance;
}
