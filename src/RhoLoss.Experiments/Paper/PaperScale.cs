namespace RhoLoss.Experiments.Paper;

/// <summary>How large an experiment of the paper is run.</summary>
public enum PaperScale
{
    /// <summary>Minutes on two cores, on data that are there: small networks, few epochs, targets relative to the baseline.</summary>
    Quick,

    /// <summary>The paper's networks, data sets, batch sizes, optimizer, lengths and target accuracies.</summary>
    Paper,
}

/// <summary>Scales as the command line writes them.</summary>
public static class PaperScales
{
    /// <summary>The names, smallest first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["quick", "paper"];

    /// <summary>The name of a scale.</summary>
    public static string NameOf(PaperScale scale) => Names[(int)scale];

    /// <summary>The scale of a name.</summary>
    /// <exception cref="InvalidInputException">There is none of that name.</exception>
    public static PaperScale Parse(string name) => name switch
    {
        "quick" => PaperScale.Quick,
        "paper" => PaperScale.Paper,
        _ => throw new InvalidInputException(
            $"--scale must be one of {string.Join(", ", Names)}, but is '{name}'. "
            + "Give --scale quick, for minutes on two cores, or --scale paper, for the paper's settings."),
    };
}
