using RhoLoss.Logging;

namespace RhoLoss.Cli.Output;

/// <summary>
/// What a user should know of data, weights, settings and machine, as lines of standard error. They bear on the result, so
/// <c>--quiet</c>, which is for progress, does not hide them.
/// </summary>
internal sealed class NoteLines
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>The line of a note.</summary>
    public static string Of(string note) => ProgressLog.Note + note;

    /// <summary>Writes notes that are known before anything runs.</summary>
    public static void Write(TextWriter error, IEnumerable<string> notes)
    {
        foreach (string note in notes) { error.WriteLine(Of(note)); }
    }

    /// <summary>
    /// The lines of an event's notes, those that were told before aside: every arm of a comparison reads the same weights.
    /// </summary>
    public IEnumerable<string> New(RunEvent e) => e.Notes.Where(_told.Add).Select(Of);
}
