namespace RhoLoss.Selection;

/// <summary>A selection function gave NaN or an infinity: usually the model has diverged. Such an example is never selected.</summary>
public sealed class NonFiniteScoreException : Exception
{
    /// <summary>Creates the error for the examples with these ids.</summary>
    public NonFiniteScoreException(IReadOnlyList<long> exampleIds)
        : base($"The selection function gave scores that are not finite numbers for {Counted.Of(exampleIds?.Count ?? 0, "example")} (id {string.Join(", ", (exampleIds ?? []).Take(10))}). " +
               "The model has probably diverged: lower the learning rate or check these inputs.") => ExampleIds = exampleIds ?? [];

    /// <summary>Creates the error without ids.</summary>
    public NonFiniteScoreException() : this([]) { }

    /// <summary>Creates the error with a message of its own.</summary>
    public NonFiniteScoreException(string message) : base(message) => ExampleIds = [];

    /// <summary>Creates the error with a message of its own and what was caught underneath.</summary>
    public NonFiniteScoreException(string message, Exception innerException) : base(message, innerException) => ExampleIds = [];

    /// <summary>Ids of the examples without a finite score.</summary>
    public IReadOnlyList<long> ExampleIds { get; }
}
