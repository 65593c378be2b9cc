using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Registry;

/// <summary>
/// Weights that ship with the tool, in files of the folder <c>weights</c> beside it: a recipe names one as it names a network, without a
/// path. Each has its checksum in its metadata.
/// </summary>
public static class ShippedWeights
{
    private const string Ending = ".safetensors";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "weights");

    /// <summary>The names, in ordinal order.</summary>
    public static IReadOnlyList<string> Names => !Directory.Exists(Folder) ? [] :
    [
        .. Directory.EnumerateFiles(Folder, "*" + Ending).Select(path => Path.GetFileName(path)[..^Ending.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Whether weights of that name ship with the tool.</summary>
    public static bool Has(string name) => Names.Contains(name, StringComparer.Ordinal);

    /// <summary>The file of a name or, where it is none, the path that it is.</summary>
    /// <param name="nameOrPath">As <c>model.weights</c> has it.</param>
    public static string FileOf(string nameOrPath) => Has(nameOrPath) ? Path.Combine(Folder, nameOrPath + Ending) : nameOrPath;

    /// <summary>Checks what ships with the tool by its checksum, and that something is there that could have been meant.</summary>
    /// <param name="nameOrPath">As <c>model.weights</c> has it.</param>
    /// <param name="key">The key that has it.</param>
    /// <exception cref="InvalidInputException">
    /// The file is damaged; or it is neither a name nor a file, and the message lists the names.
    /// </exception>
    public static void Require(string nameOrPath, string key = "model.weights")
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        if (Has(nameOrPath))
        {
            RequireWhole(nameOrPath);
            return;
        }
        // What has an ending is meant as a path; whoever reads it says what is wrong.
        if (Path.Exists(nameOrPath) || Path.HasExtension(nameOrPath) || Names is not { Count: > 0 } names) { return; }
        string given = Path.GetFileName(nameOrPath);
        throw new InvalidInputException(
            $"{key}: no weights named {given} ship with the tool, and there is no file {nameOrPath}. "
            + $"The nearest is {NearestName.Of(given, names)}; shipped are {string.Join(", ", names)}.");
    }

    private static void RequireWhole(string name)
    {
        using IDisposable scope = torch.NewDisposeScope();
        try
        {
            SafetensorsFile.Read(FileOf(name), requireChecksum: true);
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException(
                $"The weights {name} ship with the tool, but their file is not as it was made. Install the tool anew. {e.Message}", e);
        }
    }
}
