using RhoLoss.Reliability.Formats;
using RhoLoss.Reliability.Fuzz;
using RhoLoss.Reliability.Kills;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;

namespace RhoLoss.Cli.Tests;

/// <summary>The short form of eng/reliability; docs/results/reliability.md has the long one.</summary>
public sealed class ReliabilityTests
{
    private const int Seed = 2022;   // the long form has 1, so that the two look at different inputs

    [Fact]
    public void Every_reader_takes_or_refuses_broken_files_and_ends_no_process()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "peak memory is asked as Linux counts it");
        using var output = new StringWriter();
        int code = FuzzCommand.Run(AllReaders.Names, perReader: 150, Seed, output);
        code.ShouldBe(0, output.ToString());
        output.ToString().ShouldContain($"fuzz: {150 * AllReaders.Names.Count} inputs for {AllReaders.Names.Count} readers");
    }

    [Fact]
    public void Runs_killed_inside_writes_end_as_if_nothing_had_happened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are those of Unix");
        using var folder = new TemporaryFolder();
        using var output = new StringWriter();
        IReadOnlyList<KillTally> tallies = new KillRun(folder.File("."), Seed, output).Run(count: 4, inWrites: 2);
        tallies.Select(tally => tally.Command).ShouldBe(["train", "compare"]);
        tallies.ShouldAllBe(tally => tally.Kills >= 2 && tally.InWrites >= 1 && tally.Different == 0, output.ToString());
    }

    [Fact]
    public void An_input_is_the_same_for_the_same_seed_and_number()
    {
        using var folder = new TemporaryFolder();
        using FuzzReader reader = AllReaders.Create("recipe");
        byte[] Input(int seed, long number)
        {
            var batch = new FuzzBatch(reader, seed, folder.File("inputs"));
            batch.WriteFilesBeside();
            return batch.Make(number).Bytes;
        }
        Input(Seed, 7).ShouldBe(Input(Seed, 7));
        Input(Seed, 7).ShouldNotBe(Input(Seed, 8));
        Input(Seed, 7).ShouldNotBe(Input(Seed + 1, 7));
    }

    [Fact]
    public void A_file_that_was_broken_from_inside_has_a_checksum_that_its_reader_accepts()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        string path = folder.File("file");
        Dictionary<string, torch.Tensor> tensors = new() { ["w"] = torch.tensor([1f, 2f]) };
        SafetensorsFile.Write(path, tensors, new Dictionary<string, string> { ["format"] = "x" });
        SafetensorsDraft draft = SafetensorsDraft.Parse(File.ReadAllBytes(path));
        draft.Tensors[0] = draft.Tensors[0] with { Name = "v", Bytes = new byte[8] };
        draft.Metadata["format"] = "y";
        File.WriteAllBytes(path, draft.ToBytes(repairChecksum: false));
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(path)).Message.ShouldContain("damaged");
        File.WriteAllBytes(path, draft.ToBytes(repairChecksum: true));
        SafetensorsFile.Read(path, requireChecksum: true).Tensors.Keys.ShouldBe(["v"]);
    }

    [Fact]
    public void A_result_differs_when_an_accuracy_a_line_or_a_tensor_does_and_not_when_a_time_does()
    {
        using var folder = new TemporaryFolder();
        string left = WriteRun(folder.File("left"), 0.5, seconds: 1, weight: 1), other = WriteRun(folder.File("other"), 0.5, seconds: 2,
            weight: 1);
        new RunResult(left).DifferencesFrom(new RunResult(other)).ShouldBeEmpty();

        string worse = WriteRun(folder.File("worse"), 0.4, seconds: 1, weight: 1), heavier = WriteRun(folder.File("heavier"), 0.5,
            seconds: 1, weight: 2);
        new RunResult(left).DifferencesFrom(new RunResult(worse)).Count.ShouldBe(2);   // the summary and the line of metrics
        new RunResult(left).DifferencesFrom(new RunResult(heavier)).Single().ShouldStartWith("checkpoints/step-1.safetensors, w: ");
        File.WriteAllText(Path.Combine(other, "more.txt"), "");
        new RunResult(left).DifferencesFrom(new RunResult(other)).ShouldBe(["file more.txt: nothing without kills, there with them"]);
    }

    private static string WriteRun(string folder, double accuracy, double seconds, float weight)
    {
        Directory.CreateDirectory(Path.Combine(folder, "checkpoints"));
        string json = FormattableString.Invariant(
            $$"""{"accuracy":{{accuracy}},"secondsOfTraining":{{seconds}},"reused":{{(seconds > 1 ? "true" : "false")}}}""");
        File.WriteAllText(Path.Combine(folder, "summary.json"), json);
        File.WriteAllText(Path.Combine(folder, "metrics.jsonl"), json + "\n");
        var draft = new SafetensorsDraft();
        draft.Tensors.Add(new("w", "F32", [1], BitConverter.GetBytes(weight)));
        File.WriteAllBytes(Path.Combine(folder, "checkpoints", "step-1.safetensors"), draft.ToBytes(repairChecksum: false));
        File.WriteAllBytes(RunKind.IrreducibleLossFileOf(folder), new SafetensorsDraft()
            .ToBytes(repairChecksum: false));
        return folder;
    }
}
