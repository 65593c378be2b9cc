namespace OptimizerStep;

/// <summary>One comparison: ratios are TorchSharp's time over the fused one's, of neighbouring timings.</summary>
internal sealed record Row(
    string Optimizer, string Precision, int Threads, int Pairs, double Ratio, double Min, double Max, double FusedMilliseconds);
