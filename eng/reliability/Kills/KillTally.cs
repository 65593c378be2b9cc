namespace RhoLoss.Reliability.Kills;

/// <summary>What came of the kills of one command.</summary>
/// <param name="Command">The command.</param>
internal sealed record KillTally(string Command)
{
    /// <summary>Runs brought to their end.</summary>
    public int Runs { get; set; }

    /// <summary>Kills.</summary>
    public int Kills { get; set; }

    /// <summary>Kills inside the write of a checkpoint.</summary>
    public int InCheckpoints { get; set; }

    /// <summary>Kills inside the write of the summary or of the result of an arm.</summary>
    public int InResults { get; set; }

    /// <summary>Kills inside the write of another file.</summary>
    public int InOtherFiles { get; set; }

    /// <summary>Runs whose result differed, or that could not go on.</summary>
    public int Different { get; set; }

    /// <summary>Temporary files that were still there after the last process.</summary>
    public int LeftBehind { get; set; }

    /// <summary>Kills inside any write.</summary>
    public int InWrites => InCheckpoints + InResults + InOtherFiles;

    /// <summary>Counts a kill by the temporary file it left.</summary>
    public void Count(string? written)
    {
        Kills++;
        string name = Path.GetFileName(written ?? "");
        if (name.StartsWith(".step-", StringComparison.Ordinal)) { InCheckpoints++; }
        else if (name.StartsWith(".summary", StringComparison.Ordinal) || name.Contains("-seed0.json",
            StringComparison.Ordinal)) { InResults++; }
        else if (written is not null) { InOtherFiles++; }
    }

    /// <summary>The row of the table.</summary>
    public string ToRow() =>
        FormattableString.Invariant($"| {Command} | {Runs} | {Kills} | {InWrites} | {InCheckpoints} | {InResults} | ")
        + FormattableString.Invariant($"{InOtherFiles} | {LeftBehind} | {Different} |");

    /// <summary>The head of the table.</summary>
    public const string Head =
        "| command | runs | kills | inside writes | of checkpoints | of results | of other files | temporary files left | "
        + "results that differ |\n"
        + "| --- | --: | --: | --: | --: | --: | --: | --: | --: |";
}
