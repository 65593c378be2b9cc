namespace RhoLoss.Reliability.Fuzz;

/// <summary>A right file from which inputs are made.</summary>
/// <param name="FileName">The name a reader knows it by.</param>
/// <param name="Bytes">Its content.</param>
internal sealed record FuzzInput(string FileName, byte[] Bytes)
{
    /// <summary>Right files that lie beside it, for readers of whole folders.</summary>
    public IReadOnlyList<(string FileName, byte[] Bytes)> Beside { get; init; } = [];

    /// <summary>Whether it is refused as it is, for what lies beside it.</summary>
    public bool IsRefused { get; init; }

    /// <summary>Whether the content is gzipped.</summary>
    public bool IsGzipped => Bytes is [0x1f, 0x8b, ..];
}
