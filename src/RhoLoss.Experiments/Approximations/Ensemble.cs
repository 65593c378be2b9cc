using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Approximations;

/// <summary>
/// Networks that predict together by the mean of their probabilities and are trained one by one: a deep ensemble, or a single network.
/// </summary>
internal sealed class Ensemble : IDisposable
{
    private readonly nn.Module<Tensor, Tensor>[] _members;
    private readonly LabeledDataset _data;
    private readonly OptimizerOptions _optimizer;
    private readonly GivenBatches[] _batches;
    private readonly Trainer[] _trainers;

    /// <param name="members">Owned from now on.</param>
    /// <param name="data">What they are trained on parts of. Not owned.</param>
    /// <param name="optimizer">The optimizer of each.</param>
    public Ensemble(IEnumerable<nn.Module<Tensor, Tensor>> members, LabeledDataset data, OptimizerOptions optimizer)
    {
        _members = [.. members];
        (_data, _optimizer) = (data, optimizer);
        _batches = [.. _members.Select(_ => new GivenBatches(data.Count))];
        _trainers = [.. _members.Zip(_batches, (member, batches) => new Trainer(
            member, data, new TrainerOptions { Optimizer = optimizer, Sampler = (_, _, _) => batches }))];
    }

    public int Count => _members.Length;

    /// <summary>An ensemble of the first networks of this one, as they are now, with optimizers that have not stepped yet.</summary>
    /// <param name="members">How many.</param>
    /// <param name="create">Makes a network like them.</param>
    /// <param name="learningRateFactor">Multiplies the learning rate of each.</param>
    public Ensemble CloneFirst(int members, Func<int, nn.Module<Tensor, Tensor>> create, double learningRateFactor = 1)
    {
        using IDisposable noGradient = no_grad();
        var copies = new List<nn.Module<Tensor, Tensor>>();
        for (int m = 0; m < members; m++)
        {
            nn.Module<Tensor, Tensor> copy = create(m);
            foreach ((Tensor from, Tensor to) in _members[m].state_dict().Values.Zip(copy.state_dict().Values)) { to.copy_(from); }
            copies.Add(copy);
        }
        return new Ensemble(copies, _data, _optimizer with { LearningRate = learningRateFactor * _optimizer.LearningRate });
    }

    /// <summary>−log of the mean over members of p(y|x), in nats, shape [n]: of one member, its cross-entropy.</summary>
    public Tensor Losses(Batch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor members = stack([.. _members.Select(m =>
        {
            m.eval();
            return nn.functional.log_softmax(m.forward(batch.Inputs), 1).gather(1, batch.Labels.unsqueeze(1)).squeeze(1);
        })]);
        return scope.MoveToOuter(Scalars.Difference(Scalars.Of(Math.Log(Count)), members.logsumexp(0)));
    }

    /// <summary>One gradient step of every member.</summary>
    /// <param name="ids">What is trained on, int64, shape [k].</param>
    public void Step(Tensor ids)
    {
        for (int m = 0; m < Count; m++) { Step(m, ids); }
    }

    /// <summary>
    /// Trains every member on the examples until its mean loss of an epoch falls by less than
    /// <paramref name="tolerance"/> of itself, or for that many epochs.
    /// </summary>
    /// <param name="examples">What is trained on.</param>
    /// <param name="mostEpochs">Epochs at most.</param>
    /// <param name="batchSize">Examples of a gradient step.</param>
    /// <param name="tolerance">Relative fall of the loss below which it counts as converged.</param>
    /// <param name="generator">Draws the order.</param>
    public void Fit(TrainingPool examples, int mostEpochs, int batchSize, double tolerance, Generator generator)
    {
        for (int m = 0; m < Count; m++)
        {
            double before = double.PositiveInfinity;
            for (int epoch = 0; epoch < mostEpochs; epoch++)
            {
                double sum = 0;
                long seen = 0;
                foreach (Tensor ids in examples.Shuffled(batchSize, generator))
                {
                    using Tensor owned = ids;
                    sum += Step(m, ids) * ids.shape[0];
                    seen += ids.shape[0];
                }
                double loss = sum / seen;
                if (loss > before * (1 - tolerance)) { break; }
                before = loss;
            }
        }
    }

    private double Step(int member, Tensor ids)
    {
        _members[member].train();
        _batches[member].Coming = ids;
        return _trainers[member].Step().Loss;
    }

    public void Dispose()
    {
        foreach (Trainer trainer in _trainers) { trainer.Dispose(); }
        foreach (nn.Module<Tensor, Tensor> member in _members) { member.Dispose(); }
    }
}
