using RhoLoss.Data;
using RhoLoss.Optimization;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Approximations;

/// <summary>
/// Networks that predict together by the mean of their probabilities and are trained one by one: a deep ensemble, or a single network.
/// </summary>
internal sealed class Ensemble : IDisposable
{
    private readonly nn.Module<Tensor, Tensor>[] _members;
    private readonly FlatParameters[] _parameters;
    private readonly Optimizer[] _optimizers;

    /// <param name="members">Owned from now on.</param>
    /// <param name="optimizer">The optimizer of each.</param>
    public Ensemble(IEnumerable<nn.Module<Tensor, Tensor>> members, OptimizerOptions optimizer)
    {
        _members = [.. members];
        _parameters = [.. _members.Select(m => new FlatParameters(m))];
        _optimizers = [.. _parameters.Select(p => optimizer.CreateFor(p))];
    }

    public int Count => _members.Length;

    /// <summary>An ensemble of the first networks of this one, as they are now, with optimizers that have not stepped yet.</summary>
    public Ensemble CloneFirst(int members, Func<int, nn.Module<Tensor, Tensor>> create, OptimizerOptions optimizer)
    {
        using IDisposable noGradient = no_grad();
        var copies = new List<nn.Module<Tensor, Tensor>>();
        for (int m = 0; m < members; m++)
        {
            nn.Module<Tensor, Tensor> copy = create(m);
            foreach ((Tensor from, Tensor to) in _members[m].state_dict().Values.Zip(copy.state_dict().Values)) { to.copy_(from); }
            copies.Add(copy);
        }
        return new Ensemble(copies, optimizer);
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

    /// <summary>One gradient step of every member, with that factor on the learning rate.</summary>
    public void Step(Batch batch, double learningRateFactor = 1)
    {
        for (int m = 0; m < Count; m++) { Step(m, batch, learningRateFactor); }
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
                foreach (Tensor rows in examples.Shuffled(batchSize, generator))
                {
                    using IDisposable scope = NewDisposeScope();
                    Batch batch = examples.At(rows);
                    sum += Step(m, batch) * batch.Count;
                    seen += batch.Count;
                    rows.Dispose();
                }
                double loss = sum / seen;
                if (loss > before * (1 - tolerance)) { break; }
                before = loss;
            }
        }
    }

    private double Step(int member, Batch batch, double learningRateFactor = 1)
    {
        using IDisposable scope = NewDisposeScope();
        _members[member].train();
        _optimizers[member].ZeroGradients();
        Tensor loss = nn.functional.cross_entropy(_members[member].forward(batch.Inputs), batch.Labels);
        loss.backward();
        _optimizers[member].Step(learningRateFactor);
        return loss.item<float>();
    }

    public void Dispose()
    {
        foreach (Optimizer optimizer in _optimizers) { optimizer.Dispose(); }
        foreach (FlatParameters parameters in _parameters) { parameters.Dispose(); }
        foreach (nn.Module<Tensor, Tensor> member in _members) { member.Dispose(); }
    }
}
