namespace RhoLoss.Experiments.Data;

/// <summary>One example of a recipe's data, as a run reads it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Part"><c>training</c>, <c>holdout</c> or <c>test</c>.</param>
/// <param name="Label">The label that a run reads: after <c>data.labels</c> and noise.</param>
/// <param name="StoredLabel">The label that the files have.</param>
/// <param name="Corrupted">Whether it was drawn for label noise, which may have left its label as it was.</param>
/// <param name="CopyOf">The example that it is a copy of (<c>data.duplicate</c>); null for none.</param>
/// <param name="File">The file that it is in; null when the reader does not tell.</param>
/// <param name="Line">Line there, from 1; null where there are none.</param>
/// <param name="Position">Position among the examples there, from 0; null where the line or the file itself says it.</param>
/// <param name="Offset">Bytes before it in the unpacked file; null where not known.</param>
/// <param name="Where">The four in words.</param>
/// <param name="Text">The text, where it is one.</param>
/// <param name="Picture">Path of the picture that was written; null for none.</param>
public sealed record ShownExample(
    long Id, string Part, string Label, string StoredLabel, bool Corrupted, long? CopyOf,
    string? File, int? Line, long? Position, long? Offset, string Where, string? Text, string? Picture);
