namespace RhoLoss.Training;

/// <summary>
/// The training loss became NaN or infinite, of the target or of a model that learns beside it; the message says which.
/// That model still has the parameters from before the step.
/// </summary>
public sealed class NonFiniteLossException : Exception
{
    /// <summary>Creates the error for a step and the examples it trained on.</summary>
    public NonFiniteLossException(long step, double loss, IReadOnlyList<long> exampleIds)
        : base(
            FormattableString.Invariant($"The loss of step {step} is {loss}, on the examples with id ")
            + $"{string.Join(", ", (exampleIds ?? []).Take(10))}{(exampleIds?.Count > 10 ? ", …" : "")}. "
            + (step == 1
                ? "No step was taken before, so the learning rate is not the cause: check the parameters that the model starts with, and "
                    + "these inputs."
                : "Lower the learning rate, or check these inputs."))
    {
        Step = step;
        ExampleIds = exampleIds ?? [];
    }

    /// <summary>Creates the error for a model that learns beside the target.</summary>
    internal NonFiniteLossException(string model, long step, double loss, IReadOnlyList<long> exampleIds)
        : base(FormattableString.Invariant($"The loss of the {model} in its step {step} is {loss}, ") +
            $"on the examples with id {string.Join(", ", exampleIds.Take(10))}{(exampleIds.Count > 10 ? ", …" : "")}. " +
            $"The {model} has probably diverged: lower its learning rate, or check these inputs.")
    {
        Step = step;
        ExampleIds = exampleIds;
    }

    /// <summary>Creates the error without details.</summary>
    public NonFiniteLossException() : this(0, double.NaN, []) { }

    /// <summary>Creates the error with a message of its own.</summary>
    public NonFiniteLossException(string message) : base(message) => ExampleIds = [];

    /// <summary>Creates the error with a message of its own and what was caught underneath, whose step and ids it takes on.</summary>
    public NonFiniteLossException(string message, Exception innerException) : base(message, innerException)
    {
        Step = (innerException as NonFiniteLossException)?.Step ?? 0;
        ExampleIds = (innerException as NonFiniteLossException)?.ExampleIds ?? [];
    }

    /// <summary>Step (1-based) of that model that failed.</summary>
    public long Step { get; }

    /// <summary>Ids of the examples in its batch.</summary>
    public IReadOnlyList<long> ExampleIds { get; }
}
