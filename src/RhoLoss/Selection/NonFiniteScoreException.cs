using RhoLoss.Accelerators;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// A selection function, or a model that it asks, gave NaN or an infinity: usually that model has diverged. Such an example is
/// never selected.
/// </summary>
public sealed class NonFiniteScoreException : Exception
{
    /// <summary>Creates the error for the examples with these ids.</summary>
    public NonFiniteScoreException(IReadOnlyList<long> exampleIds)
        : base(
            "The selection function gave scores that are not finite numbers for "
            + $"{Counted.Of(exampleIds?.Count ?? 0, "example")} (id {string.Join(", ", (exampleIds ?? []).Take(10))}). " +
               "The model has probably diverged: lower the learning rate or check these inputs.") => ExampleIds = exampleIds ?? [];

    private NonFiniteScoreException(string model, long[] exampleIds)
        : base($"The outputs of the {model} are not finite numbers for {exampleIds.Length} examples " +
               $"(id {string.Join(", ", exampleIds.Take(10))}). " +
               $"The {model} has probably diverged: lower its learning rate or check these inputs.") => ExampleIds = exampleIds;

    /// <summary>Creates the error without ids.</summary>
    public NonFiniteScoreException() : this([]) { }

    /// <summary>Creates the error with a message of its own.</summary>
    public NonFiniteScoreException(string message) : base(message) => ExampleIds = [];

    /// <summary>Creates the error with a message of its own and what was caught underneath, whose ids it takes on.</summary>
    public NonFiniteScoreException(string message, Exception innerException) : base(message, innerException) =>
        ExampleIds = (innerException as NonFiniteScoreException)?.ExampleIds ?? [];

    /// <summary>Ids of the examples without a finite score.</summary>
    public IReadOnlyList<long> ExampleIds { get; }

    /// <summary>Stops where one of these numbers is not finite.</summary>
    /// <param name="numbers">One for each example, shape [n].</param>
    /// <param name="ids">Ids of the examples, int64, shape [n].</param>
    /// <param name="model">What model gave them, where it is another than the target; null: they are a selection function's.</param>
    internal static void ThrowIfNotFinite(Tensor numbers, Tensor ids, string? model = null)
    {
        using IDisposable scope = NewDisposeScope();
        // On the processor the sum, which stays finite where all are, is the fastest to look at.
        if (!StepChecks.AreLate(numbers) && double.IsFinite(Scalars.ToDouble(numbers.sum()))) { return; }
        StepChecks.Refuse(numbers.isfinite().logical_not(), ids, which =>
            model is null ? new NonFiniteScoreException(which) : new NonFiniteScoreException(model, which));
    }
}
