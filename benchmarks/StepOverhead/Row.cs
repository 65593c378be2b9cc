namespace StepOverhead;

/// <summary>One comparison: ratios are library over hand-written, of neighbouring timings.</summary>
internal sealed record Row(string Model, string Method, int Pairs, double Ratio, double Min, double Max, double HandMilliseconds);
