using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

public sealed class SelectionPlanTests
{
    private static readonly PlanKey Key = new("0123abcd", OrderSeed: 5, AugmentationSeed: 7, BatchSize: 2, LargeBatchSize: 4);

    private static SelectionPlan Plan(params long[][] steps) =>
        SelectionPlan.Of([.. steps.Select(ids => tensor(ids))], Key, "rho-loss by mlp-8", 1.25);

    [Fact]
    public void A_file_gives_back_every_step_and_what_is_known_of_the_plan()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using (SelectionPlan plan = Plan([70, 50], [90], [10, 70])) { plan.Save(folder.File("plan")); }
        using SelectionPlan loaded = SelectionPlan.Load(folder.File("plan"), Key);
        (loaded.Steps, loaded.Source, loaded.Seconds, loaded.Key).ShouldBe((3, "rho-loss by mlp-8", 1.25, Key));
        Examples.Longs(loaded.IdsOf(0)).ShouldBe([70, 50]);
        Examples.Longs(loaded.IdsOf(1)).ShouldBe([90]);
        Examples.Longs(loaded.IdsOf(2)).ShouldBe([10, 70]);
    }

    public static TheoryData<PlanKey, string> OtherRuns => new()
    {
        { Key with { Data = "ffff" }, "the fingerprint of the data (inputs, labels, noise, split) was 0123abcd, now it is ffff" },
        { Key with { OrderSeed = 6 }, "the seed of the order of examples was 5, now it is 6" },
        { Key with { AugmentationSeed = 8 }, "the seed of the augmentation was 7, now it is 8" },
        { Key with { AugmentationSeed = null }, "the seed of the augmentation was 7, now it is none" },
        { Key with { BatchSize = 3 }, "the batch size n_b was 2, now it is 3" },
        { Key with { LargeBatchSize = 8 }, "the large batch size n_B was 4, now it is 8" },
        { Key with { IrreducibleLosses = "cdef" }, "the hash of the irreducible losses was none, now it is cdef" },
    };

    [Theory]
    [MemberData(nameof(OtherRuns))]
    public void A_plan_for_another_run_is_refused_with_what_differs(PlanKey key, string difference)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using (SelectionPlan plan = Plan([70, 50])) { plan.Save(folder.File("plan")); }
        Should.Throw<InvalidInputException>(() => SelectionPlan.Load(folder.File("plan"), key)).Message
            .ShouldBe($"{folder.File("plan")} was planned for another run: {difference}. Plan again, or restore what changed.");
    }

    [Fact]
    public void Other_noise_is_other_data()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset clean = Toys.Points(20);
        using LabeledDataset noisy = LabelNoise.Uniform(clean, 0.5, seed: 1);
        noisy.Fingerprint.Value.ShouldNotBe(clean.Fingerprint.Value);
    }

    [Fact]
    public void A_missing_damaged_or_foreign_file_is_refused()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        string path = folder.File("plan");
        Should.Throw<InvalidInputException>(() => SelectionPlan.Load(path, Key)).Message
            .ShouldBe($"There is no selection plan {path}. Make one with Of, and write it with Save.");

        using (SelectionPlan plan = Plan([70, 50], [90, 10])) { plan.Save(path); }
        byte[] bytes = File.ReadAllBytes(path);
        foreach (int position in new[] { 0, bytes.Length / 2, bytes.Length - 1 })
        {
            byte[] damaged = [.. bytes];
            damaged[position] ^= 1;
            File.WriteAllBytes(path, damaged);
            Should.Throw<InvalidInputException>(() => SelectionPlan.Load(path, Key)).Message.ShouldContain(path);
        }
        File.WriteAllBytes(path, bytes[..^8]);
        Should.Throw<InvalidInputException>(() => SelectionPlan.Load(path, Key)).Message.ShouldContain(path);

        SafetensorsFile.Write(path, new Dictionary<string, Tensor> { ["id"] = tensor([1L]) },
            new Dictionary<string, string> { ["format"] = "rholoss-checkpoint/1" });
        Should.Throw<InvalidInputException>(() => SelectionPlan.Load(path, Key)).Message
            .ShouldContain("is not a selection plan: its format is 'rholoss-checkpoint/1'");
    }

    [Theory]
    [InlineData("id")]
    [InlineData("count")]
    [InlineData("sum")]
    public void A_plan_that_is_not_complete_is_refused(string lacking)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using (SelectionPlan plan = Plan([70, 50])) { plan.Save(folder.File("plan")); }
        (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(folder.File("plan"),
            requireChecksum: true);
        if (lacking == "sum") { tensors["count"] = tensor([3L]); } else { tensors.Remove(lacking); }
        SafetensorsFile.Write(folder.File("plan"), tensors, metadata);
        Should.Throw<InvalidInputException>(() => SelectionPlan.Load(folder.File("plan"), Key)).Message
            .ShouldContain("is not a complete selection plan");
    }

    public static TheoryData<string, string> WrongParts => new()
    {
        { "ids in 32 bits", "'id' must be int64 on one axis" },
        { "ids on two axes", "'id' must be int64 on one axis" },
        { "counts as bytes", "'count' must be int64 on one axis" },
        { "a negative count", "the counts must add up to the ids" },
        { "counts whose sum overflows to the right one", "the counts must add up to the ids" },
        { "no step", "the counts must add up to the ids" },
        { "no source", "its metadata must have a 'source' and a number of 'seconds'" },
        { "no seconds", "its metadata must have a 'source' and a number of 'seconds'" },
        { "seconds that are no number", "its metadata must have a 'source' and a number of 'seconds'" },
    };

    [Theory]
    [MemberData(nameof(WrongParts))]
    public void A_plan_with_a_right_checksum_and_a_wrong_part_is_refused(string wrong, string why)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using (SelectionPlan plan = Plan([70, 50])) { plan.Save(folder.File("plan")); }
        (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(folder.File("plan"),
            requireChecksum: true);
        Break(wrong, tensors, metadata);
        SafetensorsFile.Write(folder.File("plan"), tensors, metadata);
        Should.Throw<InvalidInputException>(() => SelectionPlan.Load(folder.File("plan"), Key)).Message
            .ShouldBe($"{folder.File("plan")} is not a complete selection plan: {why}. Make the plan again.");
    }

    private static void Break(string wrong, Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata)
    {
        switch (wrong)
        {
            case "ids in 32 bits": tensors["id"] = tensors["id"].to(int32); break;
            case "ids on two axes": tensors["id"] = tensors["id"].reshape(1, 2); break;
            case "counts as bytes": tensors["count"] = tensors["count"].to(uint8); break;
            case "a negative count": tensors["count"] = tensor([3L, -1L]); break;
            case "counts whose sum overflows to the right one": tensors["count"] = tensor([long.MaxValue, long.MaxValue, 4L]); break;
            case "no step": (tensors["id"], tensors["count"]) = (zeros(0, dtype: int64), zeros(0, dtype: int64)); break;
            case "no source": metadata.Remove("source"); break;
            case "no seconds": metadata.Remove("seconds"); break;
            default: metadata["seconds"] = "long"; break;
        }
    }

    [Fact]
    public void A_plan_without_steps_is_none() => Should.Throw<ArgumentException>(() => SelectionPlan.Of([], Key, "nobody", 0));

    [Fact]
    public void Replaying_selects_the_planned_ids_and_gathers_nothing_else()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();   // ids 70, 50, 90, 10 with labels 1, 0, 0, 2
        var augmentation = new CountingAugmentation(seed: 1);
        using var selector = new PlannedSelector(Plan([10, 50], [90]));
        selector.LargeBatchSize.ShouldBe(4);
        SelectedBatch first = selector.Select(data, new LargeBatch(1, tensor([50L, 90L, 10L, 70L])), augmentation);
        Examples.Longs(first.Indices).ShouldBe([10, 50]);
        Examples.Longs(first.Labels).ShouldBe([2, 0]);
        Examples.Longs(first.Positions).ShouldBe([2, 0]);
        Examples.Longs(first.Candidates.Indices).ShouldBe([50, 90, 10, 70]);
        first.Candidates.Forwarded.ShouldBe(0);
        first.Weights.ShouldBeNull();
        augmentation.Rows.ShouldBe([2L]);
        Examples.Longs(selector.Select(data, new LargeBatch(2, data.Ids)).Indices).ShouldBe([90]);
        Should.Throw<InvalidInputException>(() => selector.Select(data, new LargeBatch(3, data.Ids))).Message
            .ShouldBe("The selection plan has 2 steps, but step 3 was asked for. Make a longer plan, or train for fewer steps.");
    }

    [Theory]
    [InlineData(15)]     // between two ids of the batch
    [InlineData(5)]      // below all
    [InlineData(1000)]   // above all
    public void Planned_ids_that_are_not_in_the_large_batch_are_refused(long id)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var selector = new PlannedSelector(Plan([70, id]));
        for (int i = 0; i < 2; i++)   // a refusal does not use up the step
        {
            Should.Throw<InvalidInputException>(() => selector.Select(data, new LargeBatch(1, data.Ids))).Message
                .ShouldStartWith("Step 1 of the selection plan chose examples that are not in this large batch: "
                    + "the plan was made for another order of examples.");
        }
    }

    [Fact]
    public void A_target_that_replays_the_plan_of_another_model_trains_on_exactly_its_points()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        var options = new TrainerOptions { BatchSize = 4, LargeBatchSize = 20, Seed = 3 };
        var chosen = new List<Tensor>();
        List<StepTrace> planned;
        using (var small = new Mlp(8, [4], 3, seed: 1))
        using (var planner = new Trainer(small, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible, options))
        {
            planned = [];
            planner.OnStep = step => chosen.Add(step.Selected.Indices.clone().MoveToOuterDisposeScope());
            for (int i = 0; i < 7; i++) { planner.Step(); }
            planned = [.. chosen.Select((ids, i) => new StepTrace(i + 1, string.Join(' ', Toys.Longs(ids)), 0, 0, false))];
        }
        using var target = new Mlp(8, [16], 3, seed: 2);
        using var trainer = new Trainer(
            target,
            data,
            _ => new PlannedSelector(SelectionPlan.Of(chosen, Key with { BatchSize = 4, LargeBatchSize = 20 }, "rho-loss by mlp-4", 0)),
            options);
        List<StepTrace> replayed = Toys.Record(trainer, 7);
        replayed.Select(s => s.Ids).ShouldBe(planned.Select(s => s.Ids));
        replayed.ShouldAllBe(s => s.Scored == 0);
    }

    [Fact]
    public void A_replay_goes_by_the_number_of_the_step_and_keeps_nothing()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using PlannedSelector selector = new(Plan([10], [50], [90]));
        var state = new Dictionary<string, Tensor>();
        selector.Capture(state);
        state.ShouldBeEmpty();
        Examples.Longs(selector.Select(data, new LargeBatch(2, data.Ids)).Indices).ShouldBe([50]);
        Examples.Longs(selector.Select(data, new LargeBatch(1, data.Ids)).Indices).ShouldBe([10]);
    }
}
