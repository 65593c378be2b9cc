using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection.Scoring;

[Collection(TakesTheProcess.Name)]
public sealed class DropoutPassTests
{
    [Fact]
    public void Passes_differ_among_each_other_and_average_to_the_plain_forward_pass_of_a_linear_model()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(6);
        using nn.Module<Tensor, Tensor> model = nn.Sequential(nn.Dropout(0.5), nn.Linear(8, 3));
        using var scorer = new TargetScorer(model);
        model.eval();
        using IDisposable noGradient = no_grad();
        Tensor logits = model.forward(data.Gather(data.Ids).Inputs);

        int forwarded = Scored(scorer, data, c =>
        {
            Tensor passes = c.DropoutLogProbabilities(4000);
            c.DropoutLogProbabilities(4000).ShouldBeSameAs(passes);
            passes.shape.ShouldBe([4000, 6, 3]);
            passes.exp().sum(2).sub(1).abs().max().item<float>().ShouldBeLessThan(1e-5f);
            passes[0].ne(passes[1]).any().item<bool>().ShouldBeTrue();
            // Log-odds of classes 0 and 1 are linear in the inputs, so dropout, which keeps their mean, keeps
            // that of the log-odds. 4,000 draws of a spread of about 1 have a mean within 5/√4000 = 0.08.
            (passes.select(2, 0) - passes.select(2, 1)).mean([0]).sub(logits.select(1, 0) - logits.select(1, 1)).abs().max().item<float>()
                .ShouldBeLessThan(0.1f);
            return c.Random();
        });

        forwarded.ShouldBe(4000 * 6);   // once, though asked for twice
    }

    [Fact]
    public void Only_dropout_is_on_and_BatchNorm_and_modes_are_as_before()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(6);
        using nn.Module<Tensor, Tensor> model = nn.Sequential(nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3));
        model.train();
        byte[] before = Toys.Bits(model);
        using var scorer = new TargetScorer(model);

        Scored(scorer, data, c => c.DropoutLogProbabilities(3).mean([0, 2]));

        Toys.Bits(model).ShouldBe(before);
        model.named_modules().ShouldAllBe(m => m.module.training);
    }

    [Fact]
    public void A_model_without_dropout_and_a_scorer_without_model_are_refused_with_what_to_do()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(6);
        using var model = new Mlp(8, [4], 3, seed: 1);
        using var scorer = new TargetScorer(model);
        using var memory = new LastSeenScorer(data, new TargetScorer(model), 0);

        Should.Throw<InvalidInputException>(() => Scored(scorer, data, SelectionFunctions.Bald(2))).Message
            .ShouldBe("Monte-Carlo dropout needs a model with dropout, but Mlp has no such layer with a rate above 0. "
                + "Give it one (the paper's MLP has a rate of 0.5, its CNN 0.05), or choose another selection function.");
        Should.Throw<InvalidInputException>(() => Scored(memory, data, SelectionFunctions.Bald(2))).Message
            .ShouldBe("Monte-Carlo dropout needs the target's own layers, but the scorer last-seen has none. "
                + "Use the scorer target or replica, or another method.");
    }

    [Fact]
    public void A_replica_runs_them_too_and_draws_from_its_own_stream()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(6);
        using var model = new Mlp(8, [16], 3, seed: 1, dropout: 0.5);
        using var parameters = new FlatParameters(model);
        using var scorer = new ReplicaScorer(parameters, new Mlp(8, [16], 3, seed: 2, dropout: 0.5), ComputeFormat.Default);
        byte[] stream = Toys.Bits(random.get_rng_state());

        Scored(scorer, data, SelectionFunctions.Bald(3)).ShouldBe(3 * 6);

        Toys.Bits(random.get_rng_state()).ShouldBe(stream);
    }

    // The layers draw from the process-wide generator, whatever state it is in: a trainer brings its own.
    [Fact]
    public void Equal_seeds_give_equal_runs_with_dropout_and_the_process_keeps_its_stream()
    {
        using var check = new NoTensorLeaks();
        byte[] Train(long seed, int drawn)
        {
            using LabeledDataset data = Toys.Points(40);
            using var model = new Mlp(8, [16], 3, seed: 1, dropout: 0.5);
            rand(drawn).Dispose();   // moves the process-wide stream
            byte[] stream = Toys.Bits(random.get_rng_state());
            using (var trainer = new Trainer(model, data, SelectionFunctions.Bald(3), null, new TrainerOptions
            {
                BatchSize = 2,
                LargeBatchSize = 8,
                Seed = seed,
            }))
            {
                for (int i = 0; i < 5; i++) { trainer.Step(); }
            }
            Toys.Bits(random.get_rng_state()).ShouldBe(stream);
            return Toys.Bits(model);
        }

        Train(seed: 3, drawn: 1).ShouldBe(Train(seed: 3, drawn: 17));
        Train(seed: 4, drawn: 1).ShouldNotBe(Train(seed: 3, drawn: 1));
    }

    /// <summary>Selects 2 of all by the function, and gives the number of forward passes.</summary>
    private static int Scored(Scorer scorer, LabeledDataset data, SelectionFunction function)
    {
        // Not disposed: the scorer is the test's.
        var selector = new BatchSelector(scorer, function, null, 2, new BatchSelectorOptions { LargeBatchSize = data.Count });
        return selector.Select(data.Gather(data.Ids)).Candidates.Forwarded;
    }
}
