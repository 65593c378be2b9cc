// Models that were made in PyTorch, trained on with RHO-LOSS. export.py writes both files. Run:
// dotnet run -c Release --project samples/FromPyTorch -- script | weights [file]
using FromPyTorch;
using RhoLoss;
using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Models;
using RhoLoss.Pretrained;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

NativeConvolutions.Prepare();
set_num_threads(1);
using DatasetSplits data = KnownDatasets.Load("fashion-mnist-subset");
(LabeledDataset train, LabeledDataset holdout) = (data.Training, data.Holdout!);
string part = args.FirstOrDefault() ?? "script";
string file = args.ElementAtOrDefault(1) ?? Path.Combine(AppContext.BaseDirectory, part == "script" ? "model.pt" : "weights.safetensors");

using nn.Module<Tensor, Tensor> model = part switch
{
    "script" => Scripted(file),
    "weights" => Weighted(file),
    _ => throw new ArgumentException($"There is no part '{part}'. Known are script and weights."),
};
using var small = new Mlp(784, [64], classes: 10, seed: 0);
using IrreducibleLosses losses = HoldoutTraining.Run(small, holdout, train, new HoldoutTrainingOptions { Epochs = 4 });
Console.WriteLine(FormattableString.Invariant($"{part}: test accuracy {100 * Adapt(model):0.0} % after 300 steps"));

// docs: begin script
static ScriptedModel Scripted(string path) => ScriptedModel.Load(path);
// docs: end script

// docs: begin weights
static PooledNet Weighted(string path)
{
    var network = Initialization.Reset(new PooledNet(classes: 10), seed: 1);
    WeightReport report = WeightFile.Load(network, path, ClassifierWeights.LoadIfClassesAgree);
    Console.WriteLine(report);   // what was loaded, what was not and why
    return network;
}
// docs: end weights

// docs: begin adapt
double Adapt(nn.Module<Tensor, Tensor> network)
{
    var options = new TrainerOptions { BatchSize = 32, LargeBatchSize = 320, Seed = 0 };
    using var trainer = new Trainer(network, train, SelectionFunctions.ReducibleHoldoutLoss, losses, options);
    while (trainer.StepsTaken < 300) { trainer.Step(); }
    return Evaluator.Evaluate(trainer.Model, data.Test).Accuracy;
}
// docs: end adapt
