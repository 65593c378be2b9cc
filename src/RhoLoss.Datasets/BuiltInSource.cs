using System.Reflection;

namespace RhoLoss.Datasets;

/// <summary>A data set inside the assembly, in the folder of its name below Embedded: it is always there, and reads no files.</summary>
internal abstract class BuiltInSource(DatasetDescription description) : DatasetSource(description)
{
    /// <summary>Where it is, in words.</summary>
    protected const string BuiltIn = "built in";

    public override string? FindPlace() => BuiltIn;

    public override DatasetCheck Import(string path) =>
        throw new InvalidInputException($"{Description.Name} is {BuiltIn}; there is nothing to import.");

    public override Task<FetchedDataset> FetchAsync(IProgress<string>? report = null, CancellationToken cancellation = default) =>
        Task.FromResult(new FetchedDataset(Description.Name, Folder: null, BuiltIn, []));

    /// <exception cref="DatasetFolderException">A folder was given.</exception>
    protected void RefuseFolder(DatasetOptions options)
    {
        if (options.Directory is not null)
        {
            throw new DatasetFolderException(
                $"{Description.Name} is {BuiltIn} and reads no folder, but the folder {options.Directory} was given. "
                + "Give no folder, or choose another data set.");
        }
    }

    /// <summary>One of its files, as it is stored.</summary>
    protected Stream Open(string file)
    {
        string resource = $"{Description.Name}/{file}";
        return Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException(
                $"The assembly has no resource {resource}; build it with the files of src/RhoLoss.Datasets/Embedded.");
    }
}
