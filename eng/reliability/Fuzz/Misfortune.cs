namespace RhoLoss.Reliability.Fuzz;

/// <summary>What becomes of a file of an input, or of one that lies beside it, whatever it holds.</summary>
/// <param name="FileName">The file.</param>
/// <param name="Length">The length that it has then, cut or filled up with zeros that take no room; null: it is not there.</param>
internal sealed record Misfortune(string FileName, long? Length)
{
    /// <summary>Lets it happen in a folder.</summary>
    public void Happen(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (Length is not { } length)
        {
            File.Delete(path);
            return;
        }
        using FileStream file = File.Open(path, FileMode.OpenOrCreate);
        file.SetLength(length);
    }
}
