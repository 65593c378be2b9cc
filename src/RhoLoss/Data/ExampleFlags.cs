namespace RhoLoss.Data;

/// <summary>Names of the flags that the library sets and tracks.</summary>
public static class ExampleFlags
{
    /// <summary>The example was drawn for label noise, whether or not its label came out different.</summary>
    public const string Corrupted = "corrupted";

    /// <summary>The example's label differs from its true one.</summary>
    public const string LabelChanged = "labelChanged";

    /// <summary>The example belongs to a class that is rare at test time (paper, Section 4.3).</summary>
    public const string LowRelevance = "lowRelevance";
}
