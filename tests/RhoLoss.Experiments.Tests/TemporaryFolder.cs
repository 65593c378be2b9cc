namespace RhoLoss.Experiments.Tests;

/// <summary>A folder of a test's own that goes away with it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("rho-experiments-").FullName;

    public string Root => _path;

    public string File(string name) => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
