using RhoLoss.Randomness;

namespace RhoLoss.Experiments.Arms;

/// <summary>The seeds of the parts of an arm: functions of the arm's seed.</summary>
internal static class ArmSeeds
{
    /// <summary>Initial parameters of the target.</summary>
    public static long Model(long arm) => Seeding.Mix(arm, 100);

    /// <summary>Order of examples, selection and layers: the seed of the trainer.</summary>
    public static long Training(long arm) => Seeding.Mix(arm, 101);

    /// <summary>Augmentation.</summary>
    public static long Augmentation(long arm) => Seeding.Mix(arm, 102);

    /// <summary>Initial parameters and layers of a proxy.</summary>
    public static long Proxy(long arm) => Seeding.Mix(arm, 104);

    /// <summary>The gate of auto.</summary>
    public static long Gate(long arm) => Seeding.Mix(arm, 105);

    /// <summary>Layers of an irreducible-loss model that goes on learning.</summary>
    public static long IrreducibleLoss(long arm) => Seeding.Mix(arm, 106);
}
