// A user's own TorchSharp loop with RHO-LOSS in it. Run: dotnet run -c Release --project samples/QuickStart
using RhoLoss;
using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

NativeConvolutions.Prepare();   // for networks with convolutions, on machines that hide their caches; this one has none
using DatasetSplits data = KnownDatasets.Load("fashion-mnist-subset");
// Null only with HoldoutFraction = 0.
(LabeledDataset train, LabeledDataset holdout, LabeledDataset test) = (data.Training, data.Holdout!, data.Test);
using var model = new Mlp(784, [512, 512, 512], classes: 10, seed: 1);
using var optimizer = optim.AdamW(model.parameters(), lr: 1e-3, weight_decay: 0.01);

// README: begin
set_num_threads(1);   // LibTorch takes a thread a core; on products this small they wait for each other longer than they compute
using var small = new Mlp(784, [256, 256, 256], classes: 10, seed: 0);
using var losses = HoldoutTraining.Run(small, holdout, train, new HoldoutTrainingOptions { Epochs = 8 });
using var sampler = new ShuffledSampler(train.Ids, largeBatchSize: 320, seed: 0);
using var selector = new BatchSelector(model, SelectionFunctions.ReducibleHoldoutLoss, losses, batchSize: 32);
for (int step = 0; step < 10 * sampler.StepsPerEpoch; step++)
{
    using var scope = NewDisposeScope();
    SelectedBatch batch = selector.Select(train.Gather(sampler.Next()));
    optimizer.zero_grad();
    nn.functional.cross_entropy(model.forward(batch.Inputs), batch.Labels).backward();
    optimizer.step();
}
// README: end

Evaluation result = Evaluator.Evaluate(model, test);
Console.WriteLine(FormattableString.Invariant($"test accuracy {100 * result.Accuracy:0.0} % after 10 epochs of 1,000 selected examples"));
