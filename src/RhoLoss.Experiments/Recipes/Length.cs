using System.Globalization;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Recipes;

/// <summary>How long a run trains: in epochs, in gradient steps or in seconds.</summary>
public abstract record Length
{
    private Length() { }

    /// <summary>The budget that a trainer keeps.</summary>
    public abstract TrainingBudget Budget { get; }

    /// <summary>That part of it; of epochs and steps a whole number, and one at least.</summary>
    public abstract Length Times(double share);

    /// <summary>In words: <c>20 epochs</c>.</summary>
    public abstract override string ToString();

    /// <summary>Whole passes in which every example is a candidate once.</summary>
    public sealed record OfEpochs(int Epochs) : Length
    {
        /// <inheritdoc/>
        public override TrainingBudget Budget => TrainingBudget.OfEpochs(Epochs);

        /// <inheritdoc/>
        public override Length Times(double share) => new OfEpochs(Math.Max(1, (int)Math.Round(share * Epochs)));

        /// <inheritdoc/>
        public override string ToString() => Counted.Of(Epochs, "epoch");
    }

    /// <summary>Gradient steps.</summary>
    public sealed record OfSteps(long Steps) : Length
    {
        /// <inheritdoc/>
        public override TrainingBudget Budget => TrainingBudget.OfSteps(Steps);

        /// <inheritdoc/>
        public override Length Times(double share) => new OfSteps(Math.Max(1, (long)Math.Round(share * Steps)));

        /// <inheritdoc/>
        public override string ToString() => Counted.Of(Steps, "step");
    }

    /// <summary>Seconds of training, scoring included, evaluation not.</summary>
    public sealed record OfSeconds(double Seconds) : Length
    {
        /// <inheritdoc/>
        public override TrainingBudget Budget => TrainingBudget.OfSeconds(Seconds);

        /// <inheritdoc/>
        public override Length Times(double share) => new OfSeconds(share * Seconds);

        /// <inheritdoc/>
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seconds:0.#} s of training");
    }
}
