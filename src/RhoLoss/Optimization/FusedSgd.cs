using System.Runtime.Intrinsics;
using RhoLoss.Native;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// Stochastic gradient descent as PyTorch defines it: g ← g + λw, b ← μb + g, w ← w − ηb, or with Nesterov w ← w − η(g + μb).
/// In float32 equal to TorchSharp's <c>optim.SGD</c> to the bit.
/// </summary>
internal sealed class FusedSgd : FusedOptimizer
{
    private readonly SgdOptions _options;
    private readonly Tensor? _momentum;

    /// <summary>Prepares the momentum, if there is any.</summary>
    public FusedSgd(FlatParameters parameters, SgdOptions options, int threads = 1)
        : base(parameters, (options ?? throw new ArgumentNullException(nameof(options))).LearningRate, threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Momentum);
        ArgumentOutOfRangeException.ThrowIfNegative(options.WeightDecay);
        if (options.Nesterov && options.Momentum == 0)
        {
            throw new ArgumentException("Nesterov needs a Momentum above 0, but it is 0. Set Momentum, 0.9 for example.", nameof(options));
        }
        _options = options;
        if (options.Momentum > 0) { _momentum = CreateMoment("momentum"); }
    }

    private protected override unsafe void StepInOnePass(FlatRange range, double learningRate) =>
        OnePass.Run(
            new Rule(_options, (float)-learningRate, _momentum is null ? null : TensorMemory.PointerTo<float>(_momentum)), range, Threads);

    private protected override void StepWithTensors(FlatRange range, Tensor gradients, double learningRate)
    {
        Tensor direction = _options.WeightDecay > 0 ? gradients.add(range.Masters!, alpha: Scalars.Of(_options.WeightDecay)) : gradients;
        if (_momentum is not null)
        {
            Tensor momentum = _momentum.narrow(0, range.Start, range.Count);
            momentum.mul_(Scalars.Of(_options.Momentum)).add_(direction, Scalars.One);
            direction = _options.Nesterov ? direction.add(momentum, alpha: Scalars.Of(_options.Momentum)) : momentum;
        }
        range.Masters!.add_(direction, alpha: Scalars.Of(-learningRate));
    }

    private readonly unsafe struct Rule(SgdOptions options, float step, float* momentum) : IUpdateRule
    {
        private readonly Vector512<float> _step = Vector512.Create(step), _decay = Vector512.Create((float)options.WeightDecay);
        private readonly Vector512<float> _factor = Vector512.Create((float)options.Momentum);
        private readonly bool _decays = options.WeightDecay > 0, _nesterov = options.Nesterov;
        private readonly float* _momentum = momentum;

        // LibTorch's add with a factor is a fused multiply-add. The first step finds b = 0, so that
        // b = g, which is what PyTorch sets it to.
        public Vector512<float> Next(nint at, Vector512<float> weight, Vector512<float> gradient)
        {
            Vector512<float> direction = _decays ? Vector512.FusedMultiplyAdd(weight, _decay, gradient) : gradient;
            if (_momentum is not null)
            {
                Vector512<float> next = Vector512.Load(_momentum + at) * _factor + direction;
                next.Store(_momentum + at);
                direction = _nesterov ? Vector512.FusedMultiplyAdd(next, _factor, direction) : next;
            }
            return Vector512.FusedMultiplyAdd(direction, _step, weight);
        }
    }
}
