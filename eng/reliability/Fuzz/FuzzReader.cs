namespace RhoLoss.Reliability.Fuzz;

/// <summary>
/// One way in from outside: right files of its formats, how to break them, and the call that reads one. A reader may keep what all of its
/// inputs are read into, such as a model.
/// </summary>
internal abstract class FuzzReader : IDisposable
{
    /// <summary>What it is called in commands and in the table.</summary>
    public abstract string Name { get; }

    /// <summary>The source files, below <c>src</c>, whose lines its inputs are to reach.</summary>
    public abstract IReadOnlyList<string> Sources { get; }

    /// <summary>
    /// Members of those files that write, or that no file comes to, as <c>File.cs:Member</c>: their lines are not counted.
    /// </summary>
    public virtual IReadOnlyList<string> NotReading => [];

    /// <summary>The right files. All are accepted as they are.</summary>
    public abstract IReadOnlyList<FuzzInput> Inputs { get; }

    /// <summary>Most bytes by which one input may raise the process's peak memory.</summary>
    public virtual long MemoryLimit => 256L << 20;

    /// <summary>Words that mean something in its formats; for texts.</summary>
    protected virtual IReadOnlyList<string> Words => [];

    /// <summary>Reads a file. <see cref="InvalidInputException"/> is a refusal; any other exception is a fault.</summary>
    public abstract void Read(string path);

    /// <summary>Breaks a right file. Of a gzipped one, half the time the content is broken and gzipped again.</summary>
    public byte[] Break(Dice dice, FuzzInput input)
    {
        if (!input.IsGzipped) { return BreakContent(dice, input, input.Bytes); }
        return dice.Once(2)
            ? Gzip.Compress(BreakContent(dice, input, Gzip.Decompress(input.Bytes)))
            : Mutation.OfBytes(dice, input.Bytes, input.Bytes);
    }

    /// <summary>
    /// What becomes of the files of an input besides: drawn after it was broken, by readers of whole folders; null for nothing.
    /// </summary>
    public virtual Misfortune? Misfortune(Dice dice, FuzzInput input) => null;

    /// <summary>Breaks a content: bytes at random, unless the format allows something that goes deeper.</summary>
    protected virtual byte[] BreakContent(Dice dice, FuzzInput input, byte[] content) => Words.Count > 0
        ? Mutation.OfText(dice, content, dice.Of(Inputs).Bytes, Words)
        : Mutation.OfBytes(dice, content, dice.Of(Inputs).Bytes);

    /// <summary>Frees what was kept.</summary>
    public virtual void Dispose() { }
}
