using System.Runtime.Intrinsics;
using RhoLoss.Native;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// AdamW (Loshchilov and Hutter, 2019, Algorithm 2): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
/// w ← (1−ηλ)w − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε). In float32 equal to TorchSharp's <c>optim.AdamW</c> to the bit
/// but for √v: LibTorch's vector root is one unit in the last place off for a sixth of all numbers, this one is rounded correctly.
/// </summary>
/// <remarks>So every operation here is one that IEEE 754 defines to the bit, and a step gives the same result on any processor.</remarks>
internal sealed class FusedAdamW : FusedOptimizer
{
    private readonly AdamWOptions _options;
    private readonly Tensor _first;
    private readonly Tensor _second;

    /// <summary>Prepares the moments.</summary>
    public FusedAdamW(FlatParameters parameters, AdamWOptions options, int threads = 1)
        : base(parameters, (options ?? throw new ArgumentNullException(nameof(options))).LearningRate, threads)
    {
        RequireShareBelowOne(options.Beta1, nameof(options.Beta1));
        RequireShareBelowOne(options.Beta2, nameof(options.Beta2));
        RequirePositive(options.Epsilon);
        ArgumentOutOfRangeException.ThrowIfNegative(options.WeightDecay);
        _options = options;
        _first = CreateMoment("first-moment");
        _second = CreateMoment("second-moment");
    }

    private protected override unsafe void StepInOnePass(FlatRange range, double learningRate)
    {
        float* first = TensorMemory.PointerTo<float>(_first), second = TensorMemory.PointerTo<float>(_second);
        OnePass.Run(new Rule(Factors(learningRate), first, second), range, Threads);
    }

    private protected override void StepWithTensors(FlatRange range, Tensor gradients, double learningRate)
    {
        AdamWFactors f = Factors(learningRate);
        Tensor first = _first.narrow(0, range.Start, range.Count), second = _second.narrow(0, range.Start, range.Count);
        range.Masters!.mul_(Scalars.Of(f.Decay));
        first.mul_(Scalars.Of(f.Beta1)).add_(gradients, alpha: Scalars.Of(f.Complement1));
        second.mul_(Scalars.Of(f.Beta2)).addcmul_(gradients, gradients, value: Scalars.Of(f.Complement2));
        Tensor root = second.sqrt().div_(Scalars.Of(f.RootCorrection)).add_(Scalars.Of(f.Epsilon), Scalars.One);
        range.Masters.addcdiv_(first, root, value: Scalars.Of(-f.StepSize));
    }

    /// <summary>The numbers of a step, computed in float64 and rounded once, as TorchSharp does.</summary>
    private AdamWFactors Factors(double learningRate) => new(
        Decay: (float)(1 - learningRate * _options.WeightDecay),
        Beta1: (float)_options.Beta1, Complement1: (float)(1 - _options.Beta1),
        Beta2: (float)_options.Beta2, Complement2: (float)(1 - _options.Beta2),
        RootCorrection: (float)Math.Sqrt(1 - Math.Pow(_options.Beta2, StepsTaken)),
        Epsilon: (float)_options.Epsilon,
        StepSize: (float)(learningRate / (1 - Math.Pow(_options.Beta1, StepsTaken))));

    private static void RequireShareBelowOne(double value, string name)
    {
        if (!(value >= 0 && value < 1))
        {
            throw new ArgumentOutOfRangeException(
                name, value, FormattableString.Invariant($"{name} must be at least 0 and below 1, but was {value}."));
        }
    }

    private readonly record struct AdamWFactors(
        float Decay, float Beta1, float Complement1, float Beta2, float Complement2, float RootCorrection, float Epsilon, float StepSize);

    private readonly unsafe struct Rule(AdamWFactors f, float* firstMoment, float* secondMoment) : IUpdateRule
    {
        private readonly Vector512<float> _decay = Vector512.Create(f.Decay);
        private readonly Vector512<float> _beta1 = Vector512.Create(f.Beta1), _complement1 = Vector512.Create(f.Complement1);
        private readonly Vector512<float> _beta2 = Vector512.Create(f.Beta2), _complement2 = Vector512.Create(f.Complement2);
        private readonly Vector512<float> _root = Vector512.Create(f.RootCorrection), _epsilon = Vector512.Create(f.Epsilon);
        private readonly Vector512<float> _step = Vector512.Create(-f.StepSize);
        private readonly float* _firstMoment = firstMoment, _secondMoment = secondMoment;

        // The order of roundings is that of LibTorch's kernels, where add with a factor and addcmul are compiled to fused multiply-adds.
        public Vector512<float> Next(nint at, Vector512<float> weight, Vector512<float> gradient)
        {
            Vector512<float> first = Vector512.FusedMultiplyAdd(gradient, _complement1, Vector512.Load(_firstMoment + at) * _beta1);
            Vector512<float> second = Vector512.FusedMultiplyAdd(
                _complement2 * gradient, gradient, Vector512.Load(_secondMoment + at) * _beta2);
            first.Store(_firstMoment + at);
            second.Store(_secondMoment + at);
            return weight * _decay + _step * first / (Vector512.Sqrt(second) / _root + _epsilon);
        }
    }
}
