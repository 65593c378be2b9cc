using System.Diagnostics;
using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Randomness;

/// <summary>
/// What scoring workers rest on: the large batch of any step, scored in another process from (weights, seed, step, ids), with dropout,
/// augmentation and BatchNorm in train mode, has the bits that it has in the trainer.
/// </summary>
[Collection(TakesTheProcess.Name)]
public sealed class FreshProcessTests
{
    private const string Folder = "RHOLOSS_TEST_SCORE_IN";   // set for the process that this test starts
    private const long Seed = 3, AugmentationSeed = 7;
    private const int Step = 6, BatchSize = 4, LargeBatchSize = 16;

    [Theory]
    [InlineData("seeded")]   // the library's dropout
    [InlineData("torch")]    // a user's model with TorchSharp's
    public void A_large_batch_scored_in_another_process_has_the_same_bits(string dropout)
    {
        if (Environment.GetEnvironmentVariable(Folder) is { } folder)
        {
            Score(folder, dropout);
            return;
        }
        using var check = new NoTensorLeaks();
        using var files = new TemporaryFolder();
        File.WriteAllText(files["case"], dropout);
        byte[] expected = Train(files, dropout);

        StartOther(files, dropout);

        File.ReadAllBytes(files["scores"]).ShouldBe(expected);
    }

    /// <summary>
    /// Trains up to the step, leaves weights and ids of its large batch, and gives the scores that the trainer saw there.
    /// </summary>
    private static byte[] Train(TemporaryFolder files, string dropout)
    {
        using LabeledDataset data = Toys.Images(50);
        using var model = new NetOfAll(dropout);
        using var trainer = new Trainer(model, data, SelectionFunctions.TrainLoss, null,
            new TrainerOptions { BatchSize = BatchSize, LargeBatchSize = LargeBatchSize, Seed = Seed },
            new CropAndFlip(2, AugmentationSeed));
        for (int step = 1; step < Step; step++) { trainer.Step(); }
        using (NewDisposeScope()) { SafetensorsFile.Write(files["weights"], model.state_dict(), new Dictionary<string, string>()); }
        byte[] scores = [];
        trainer.OnStep = step =>
        {
            scores = Toys.Bits(step.Selected.Candidates.Loss!);
            File.WriteAllText(files["ids"], string.Join(' ', Toys.Longs(step.Selected.Candidates.Indices)));
        };
        trainer.Step();
        return scores;
    }

    private static void StartOther(TemporaryFolder files, string dropout)
    {
        string method = $"{typeof(FreshProcessTests).FullName}.{nameof(A_large_batch_scored_in_another_process_has_the_same_bits)}";
        string host = Path.ChangeExtension(typeof(FreshProcessTests).Assembly.Location, null)!;
        var start = new ProcessStartInfo(host, ["--filter-method", method])
        {
            Environment = { [Folder] = files.Path },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, output);
        File.Exists(files["scores"]).ShouldBeTrue($"{dropout}: {output}");
    }

    private static void Score(string folder, string dropout)
    {
        if (File.ReadAllText(Path.Combine(folder, "case")) != dropout) { return; }   // the filter knows methods, not cases
        using IDisposable scope = NewDisposeScope();
        using LabeledDataset data = Toys.Images(50);
        using var model = new NetOfAll(dropout);
        foreach ((string name, Tensor value) in SafetensorsFile.Read(Path.Combine(folder, "weights")).Tensors)
        {
            using IDisposable noGradient = no_grad();
            model.state_dict()[name].copy_(value);
        }
        model.train();
        long[] ids = [.. File.ReadAllText(Path.Combine(folder, "ids"))
            .Split(' ').Select(id => long.Parse(id, CultureInfo.InvariantCulture))];
        using var selector = new BatchSelector(model, SelectionFunctions.TrainLoss, null, BatchSize,
            new BatchSelectorOptions { LargeBatchSize = LargeBatchSize, Seed = Seeding.Of(Seed, Purpose.Selector) });
        SelectedBatch selected = selector.Select(data, new LargeBatch(Step, tensor(ids)), new CropAndFlip(2, AugmentationSeed));
        File.WriteAllBytes(Path.Combine(folder, "scores"), Toys.Bits(selected.Candidates.Loss!));
    }

    private sealed class NetOfAll : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d _convolution = nn.Conv2d(3, 6, 3, padding: 1, bias: false);
        private readonly BatchNorm2d _norm = nn.BatchNorm2d(6);
        private readonly nn.Module<Tensor, Tensor> _dropout;
        private readonly Linear _linear = nn.Linear(6, 3);

        public NetOfAll(string dropout) : base(nameof(NetOfAll))
        {
            _dropout = dropout == "seeded" ? new SeededDropout(0.4) : nn.Dropout(0.4);
            RegisterComponents();
            Initialization.Reset(this, seed: 5);
        }

        public override Tensor forward(Tensor input) =>
            _linear.call(_dropout.call(_norm.call(_convolution.call(input)).relu().mean([2, 3])));
    }
}
