using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace RhoLoss.Experiments.Store;

/// <summary>What a number was measured on: <c>environment.json</c> of a run.</summary>
/// <param name="TimeUtc">When the run started.</param>
/// <param name="OperatingSystem">Name and version.</param>
/// <param name="Framework">.NET version.</param>
/// <param name="TorchSharp">TorchSharp version.</param>
/// <param name="Tool">Version of this tool, with the commit where the build knew it.</param>
/// <param name="Processor">Model name of the processor, or its architecture where the system does not tell.</param>
/// <param name="Cores">Logical cores the process may use.</param>
/// <param name="MemoryBytes">Memory the process may use.</param>
/// <param name="Threads">Threads inside one tensor operation; 0: measured when the network was there, see the summary.</param>
/// <param name="Device">Device of the tensors.</param>
/// <param name="CommandLine">The command as given.</param>
/// <param name="Convolutions">How convolutions are computed (<see cref="NativeConvolutions"/>); absent in files of before.</param>
public sealed record EnvironmentReport(
    DateTimeOffset TimeUtc,
    string OperatingSystem,
    string Framework,
    string TorchSharp,
    string Tool,
    string Processor,
    int Cores,
    long MemoryBytes,
    int Threads,
    string Device,
    string CommandLine,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Convolutions = null)
{
    /// <summary>Version of this tool, with the commit where the build knew it.</summary>
    public static string ToolVersion => Version(typeof(EnvironmentReport).Assembly);

    /// <summary>Looks at the machine this process runs on.</summary>
    public static EnvironmentReport Capture(DateTimeOffset time, int threads, string device, string commandLine) => new(
        time.ToUniversalTime(),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        Version(typeof(global::TorchSharp.torch).Assembly),
        ToolVersion,
        ProcessorName(),
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        threads,
        device,
        commandLine,
        NativeConvolutions.NameOf(NativeConvolutions.Path));

    /// <summary>Writes the report as indented JSON.</summary>
    /// <exception cref="InvalidInputException">The file cannot be written.</exception>
    public void Save(string path) =>
        RunJson.Save(this, path);

    /// <summary>Reads a report.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read or is not such a report.</exception>
    public static EnvironmentReport Load(string path) => RunJson.Read<EnvironmentReport>(path);

    private static string Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? assembly.GetName().Version?.ToString() ?? "unknown";

    private static string ProcessorName()
    {
        try
        {
            string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
            if (line is not null) { return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim(); }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or a sandbox without /proc: the architecture below has to do.
        }
        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
