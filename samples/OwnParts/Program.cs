// Parts of your own in a trainer. Run: dotnet run -c Release --project
// samples/OwnParts -- function | scorer | drawing | sampler | reference | objective | optimizer | log [folder]
using OwnParts;
using RhoLoss;
using RhoLoss.Datasets;
using RhoLoss.Logging;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

NativeConvolutions.Prepare();
set_num_threads(1);
using DatasetSplits data = KnownDatasets.Load("fashion-mnist-subset");
using var model = new Mlp(784, [128], data.Training.Classes, seed: 1);
string part = args.FirstOrDefault() ?? "function";
var options = new TrainerOptions { BatchSize = 32, LargeBatchSize = 320, Seed = 0 };
using IrreducibleLosses losses = LossesFromElsewhere.Make(data.Training);
using Trainer trainer = part switch
{
    "function" => new Trainer(model, data.Training, TolerantOfNoise.Score, null, options),
    "scorer" => new Trainer(model, data.Training, SelectWithAverage, options),
    "drawing" => new Trainer(model, data.Training, SelectionFunctions.TrainLoss, null,
        options with { Selection = new BatchSelectorOptions { Drawing = new LargestOfHalf() } }),
    "sampler" => new Trainer(model, data.Training, SelectionFunctions.TrainLoss, null,
        options with { Sampler = (ids, size, seed) => new ClassBalancedSampler(data.Training, size, seed) }),
    "reference" => new Trainer(model, data.Training, SelectionFunctions.ReducibleHoldoutLoss, losses, options),
    "objective" => new Trainer(model, data.Training, SelectionFunctions.TrainLoss, null,
        options with { Objective = new SmoothedLabels(0.1) }),
    "optimizer" => new Trainer(model, data.Training, SelectionFunctions.TrainLoss, null, options with
    {
        Optimizer = new TorchOptimizerOptions(parameters => optim.RMSProp(parameters, lr: 1e-3)),
        ClipGradientNorm = 1,
        AccumulatedSteps = 2,
        Schedule = LearningRateSchedule.WarmupCosine(0.1),
        Budget = TrainingBudget.OfSteps(200),
    }),
    "log" => new Trainer(model, data.Training, SelectionFunctions.Uniform, null, options),
    _ => throw new ArgumentException(
        $"There is no part '{part}'. Known are function, scorer, drawing, sampler, reference, objective, optimizer and log."),
};
if (part == "function") { TolerantOfNoise.Check(); }

string folder = args.ElementAtOrDefault(1) ?? Path.Combine("runs", "own-parts", part);
var best = new BestSoFar();
using var logs = new RunLogs(
    best,
    new JsonLinesLog(Path.Combine(folder, "metrics.jsonl")),
    new CsvLog(Path.Combine(folder, "metrics.csv")),
    new TensorBoardLog(Path.Combine(folder, "tensorboard")),
    new ProgressLog(Console.Error) { Period = TimeSpan.Zero });
logs.Clear();
var arm = new Arm(part, options.Seed);
var totals = new RunTotals();
for (int epoch = 1; epoch <= 4; epoch++)
{
    for (int step = 0; step < 50; step++) { totals.Add(trainer.Step()); }
    logs.Write(new RunEvent.Measured(arm, totals.Measure(epoch, Evaluator.Evaluate(trainer.Model, data.Test))));
}
Console.WriteLine(FormattableString.Invariant($"{part}: test accuracy {100 * best.Accuracy:0.0} % at best in {trainer.StepsTaken} steps"));

IBatchSelector SelectWithAverage(TrainingTarget target) =>
    new BatchSelector(new AverageScorer(target, new Mlp(784, [128], data.Training.Classes, seed: 1)),
        SelectionFunctions.TrainLoss, null, 32);
