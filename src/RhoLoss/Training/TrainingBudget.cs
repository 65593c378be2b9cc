using System.Globalization;

namespace RhoLoss.Training;

/// <summary>
/// How long a run may train, in one unit: gradient steps, seconds of training, or epochs. It turns what was spent into
/// progress, a share of the whole without a unit, and a <see cref="LearningRateSchedule"/> takes nothing but progress:
/// schedule and budget cannot be in different units.
/// </summary>
/// <example>
/// <code>
/// var options = new TrainerOptions { Budget = TrainingBudget.OfSeconds(600), Schedule = LearningRateSchedule.WarmupCosine(0.05) };
/// using var trainer = new Trainer(model, data, options);
/// while (trainer.Progress &lt; 1) { trainer.Step(); }
/// </code>
/// </example>
public sealed class TrainingBudget
{
    private readonly double _amount;
    private readonly Unit _unit;

    private TrainingBudget(double amount, Unit unit)
    {
        if (!(amount > 0 && double.IsFinite(amount)))
        {
            throw new ArgumentOutOfRangeException(nameof(amount), amount, $"A training budget must be a number of {Name(unit)} above 0.");
        }
        _amount = amount;
        _unit = unit;
    }

    private enum Unit { Steps, Seconds, Epochs }

    /// <summary>A number of gradient steps, at least 1.</summary>
    public static TrainingBudget OfSteps(long steps) => new(steps, Unit.Steps);

    /// <summary>
    /// A number of seconds of training above 0. What counts as training (scoring does, evaluation does not) is the caller's clock.
    /// </summary>
    public static TrainingBudget OfSeconds(double seconds) => new(seconds, Unit.Seconds);

    /// <summary>A number of epochs above 0; 2.5 ends in the middle of the third.</summary>
    public static TrainingBudget OfEpochs(double epochs) => new(epochs, Unit.Epochs);

    /// <summary>Spent share of the budget: 0 at the start, 1 when it is spent, above 1 when overrun.</summary>
    /// <param name="steps">Gradient steps taken.</param>
    /// <param name="seconds">Seconds trained.</param>
    /// <param name="epochs">Epochs taken, with the fraction of the one under way: epoch + position / N.</param>
    /// <remarks>Ask before a step: the first has progress 0, and the last one is the step before progress reaches 1.</remarks>
    public double ProgressAt(long steps, double seconds, double epochs)
    {
        double spent = _unit switch { Unit.Steps => steps, Unit.Seconds => seconds, _ => epochs };
        return spent >= 0 ? spent / _amount
            : throw new ArgumentOutOfRangeException(
                _unit switch { Unit.Steps => nameof(steps), Unit.Seconds => nameof(seconds), _ => nameof(epochs) }, spent,
                "What was spent must be a number of at least 0.");
    }

    /// <summary>Amount and unit: <c>60 seconds</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_amount} {Name(_unit)}");

    private static string Name(Unit unit) => unit switch { Unit.Steps => "steps", Unit.Seconds => "seconds", _ => "epochs" };
}
