using System.Text;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>What a run reads of its own again: summary, environment, metrics and their table.</summary>
internal sealed class RunFileReader : FuzzReader
{
    private const string Summary = "summary.json", Environment = "environment.json", Metrics = "metrics.jsonl", Table = "metrics.csv";
    private const long Position = 38;   // of the end of the second line below

    public override string Name => "run-files";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss.Experiments/Store/RunJson.cs",
        "RhoLoss.Logging/LineFile.cs", "RhoLoss.Logging/CsvLog.cs"];

    public override IReadOnlyList<string> NotReading { get; } =
        ["RunJson.cs:Write", "RunJson.cs:Save",
        "LineFile.cs:Append", "LineFile.cs:FlushToDisk", "LineFile.cs:Guard", "LineFile.cs:Unwritable",
        "CsvLog.cs:Write", "CsvLog.cs:AddColumns", "CsvLog.cs:Row", "CsvLog.cs:Cell", "CsvLog.cs:Flush", "CsvLog.cs:get_Name"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        new FuzzInput(Summary, Encoding.UTF8.GetBytes(new ComparisonSummary("quickstart", "fashion-mnist-subset", new TargetSummary(0.8),
            new IrreducibleLossSummary(1.5, 0.7, Reused: true),
            [new ArmSummary("rho-loss", 0, 2, 64, 2048, 20_000, 1.25, 0.5, 0.75, 0.76, 1, 0.5, [0.5, 0.76], new SelectedSummary(0.1, 0.4,
                null)) { Points = [Point] }],
            new SpeedupSummary(2, 1.5, null, "uniform", "rho-loss"), new MachineSummary("a processor", 2, 1L << 33, 1, "cpu"), [0], [])
                .ToJson())),
        new FuzzInput(Environment, Encoding.UTF8.GetBytes(
            """
            {"timeUtc":"2026-01-02T03:04:05+00:00","operatingSystem":"Linux","framework":".NET",
            "torchSharp":"0.107.0","tool":"0.1.0","processor":"a","cores":2,"memoryBytes":1,"threads":1,"device":"cpu","commandLine":"rho"}
            """.ReplaceLineEndings(""))),
        new FuzzInput(Metrics, Encoding.UTF8.GetBytes("{\"kind\":\"step\",\"n\":1}\n{\"kind\":\"step\"}\n{\"kind\":\"epoch\"}\n")),
        new FuzzInput(Table, Encoding.UTF8.GetBytes(
            "method,seed,epoch,step,seconds,scoringSeconds,examplesTrained,examplesScored,accuracy\nrho-loss,0,1,32,1,0,1,1,0.5\n"
            + "rho-loss,0,2,64,1,0,1,1,0.5\n")),
    ];

    private static MeasuredPoint Point => new(
        64, 2, 1.25, 0.5, 2048, 20_000, new Dictionary<string, double?> { ["accuracy"] = 0.76, ["selected.lowRelevance"] = null });

    protected override IReadOnlyList<string> Words { get; } = ["null", "true", "{}", "[]", "\"arms\"", "\"seeds\":", "1e999",
        "\"timeUtc\":\"x\"", "-1", "\n", "{", "}"];

    public override void Read(string path)
    {
        switch (Path.GetFileName(path))
        {
            case Summary: _ = ComparisonSummary.Load(path).ToJson(); break;
            case Environment: EnvironmentReport.Load(path); break;
            case Table:
                using (var table = new CsvLog(path)) { table.CutTo(1); }
                break;
            default:
                using (var metrics = new JsonLinesLog(path)) { metrics.CutTo(Position); }
                break;
        }
    }
}
