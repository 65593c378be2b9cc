using static TorchSharp.torch;

namespace RhoLoss.Randomness;

/// <summary>The random numbers of one selection: a function of the selector's seed and the number of the step.</summary>
internal sealed class StepRandom(long seed, long step) : IDisposable
{
    private Generator? _generator;

    /// <summary>Number of the step, from 1.</summary>
    public long Step => step;

    /// <summary>Seed of what layers draw in the one pass that scores this step's candidates.</summary>
    public long ScoringSeed => Seeding.Of(seed, Purpose.Scoring, step);

    /// <summary>Seed of what layers draw in the Monte-Carlo passes over this step's candidates.</summary>
    public long DropoutPassesSeed => Seeding.Of(seed, Purpose.DropoutPasses, step);

    /// <summary>For draws of the selection itself; of the host, made when first asked for.</summary>
    public Generator Generator => _generator ??= Seeding.Create(seed, Purpose.Selection, step);

    public void Dispose() => _generator?.Dispose();
}
