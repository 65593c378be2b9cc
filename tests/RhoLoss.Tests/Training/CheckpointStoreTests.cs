using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

public sealed class CheckpointStoreTests
{
    [Fact]
    public void The_newest_and_the_best_are_kept_and_the_others_deleted()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path, keepLast: 2, keepBest: 1);
        Save(store, 10, 0.5);
        Save(store, 20, 0.9);
        Save(store, 30, 0.7);
        Save(store, 40, null);
        Save(store, 50, 0.8);
        Steps(store).ShouldBe([50, 40, 20]);   // the last two, and 20 with the highest score
        Path.GetFileName(store.Best()).ShouldBe("step-000000020.safetensors");
        store.LoadNewest().GetLong("steps").ShouldBe(50);
    }

    [Fact]
    public void What_a_killed_process_left_half_written_goes_with_the_next_checkpoint()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        // The name that AtomicFile writes under.
        File.WriteAllText(folder.File(".step-000000010.safetensors.0123456789abcdef0123456789abcdef.tmp"), "half");
        File.WriteAllText(folder.File(".notes.tmp"), "somebody's");
        Save(new CheckpointStore(folder.Path), 10, 0.5);
        Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)
            .ShouldBe([".notes.tmp", "step-000000010.safetensors"]);
    }

    [Fact]
    public void Of_equal_scores_the_later_is_the_best()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path, keepLast: 1, keepBest: 1);
        Save(store, 10, 0.9);
        Save(store, 20, 0.9);
        Save(store, 30, 0.1);
        Steps(store).ShouldBe([30, 20]);
        Path.GetFileName(store.Best()).ShouldBe("step-000000020.safetensors");
    }

    [Fact]
    public void More_than_one_best_can_be_kept_and_a_score_is_not_carried_over()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path, keepLast: 1, keepBest: 2);
        var checkpoint = new Checkpoint();   // one object saved again and again: its old score must go
        store.Save(checkpoint, 10, 0.9);
        store.Save(checkpoint, 20, 0.3);
        store.Save(checkpoint, 30, 0.8);
        store.Save(checkpoint, 40, null);
        Steps(store).ShouldBe([40, 30, 10]);
    }

    [Fact]
    public void Without_scores_there_is_no_best_and_without_files_no_newest()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.File("not made yet"));
        store.Newest().ShouldBeEmpty();
        store.Best().ShouldBeNull();
        Should.Throw<InvalidInputException>(() => store.LoadNewest()).Message.ShouldContain(folder.File("not made yet"));
        Save(store, 10, null);
        store.Best().ShouldBeNull();
        Steps(store).ShouldBe([10]);
    }

    [Fact]
    public void A_truncated_newest_checkpoint_is_reported_and_the_one_before_it_loaded()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path);
        Save(store, 10, null);
        string newest = Save(store, 20, null);
        byte[] whole = File.ReadAllBytes(newest);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(newest, whole[..length]);
            FallsBack(store, newest);
        }
    }

    [Fact]
    public void A_newest_checkpoint_with_a_flipped_bit_in_header_or_data_is_reported_and_the_one_before_it_loaded()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path);
        Save(store, 10, null);
        string newest = Save(store, 20, null);
        byte[] whole = File.ReadAllBytes(newest);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= (byte)(1 << i % 8);
            File.WriteAllBytes(newest, damaged);
            FallsBack(store, newest);
        }
    }

    [Fact]
    public void When_every_checkpoint_is_damaged_each_is_reported_and_the_fix_named()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path, keepLast: 3);
        for (int step = 10; step <= 30; step += 10) { File.WriteAllBytes(Save(store, step, null), [1, 2, 3]); }
        var reports = new List<string>();
        Should.Throw<InvalidInputException>(() => store.LoadNewest(reports.Add)).Message
            .ShouldContain("Delete the damaged ones there to start again from the beginning.");
        reports.Count.ShouldBe(3);
        reports[0].ShouldContain("step-000000030");
        reports[2].ShouldContain("step-000000010");
    }

    [Fact]
    public void A_damaged_checkpoint_is_never_the_best()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path);
        Save(store, 10, 0.1);
        File.WriteAllBytes(Save(store, 20, 0.9), []);
        Path.GetFileName(store.Best()).ShouldBe("step-000000010.safetensors");
    }

    [Fact]
    public void Left_over_temporary_files_are_ignored()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path);
        Save(store, 10, null);
        // AtomicFile's name, after a crash.
        File.WriteAllBytes(folder.File(".step-000000020.safetensors.0123456789abcdef0123456789abcdef.tmp"), [1, 2, 3]);
        File.WriteAllText(folder.File("notes.txt"), "");
        Steps(store).ShouldBe([10]);
        store.LoadNewest(_ => Assert.Fail("nothing is damaged")).GetLong("steps").ShouldBe(10);
    }

    [Fact]
    public void What_was_just_saved_survives_newer_files_of_an_abandoned_run()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var store = new CheckpointStore(folder.Path, keepLast: 2, keepBest: 0);
        File.WriteAllBytes(Save(store, 100, null), []);
        File.WriteAllBytes(Save(store, 200, null), []);
        string saved = Save(store, 50, null);   // resumed from an earlier one, because both are damaged
        File.Exists(saved).ShouldBeTrue();
        store.LoadNewest().GetLong("steps").ShouldBe(50);
    }

    [Fact]
    public void Sizes_that_keep_nothing_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new CheckpointStore("x", keepLast: 0));
        Should.Throw<ArgumentOutOfRangeException>(() => new CheckpointStore("x", keepBest: -1));
    }

    private static string Save(CheckpointStore store, long step, double? score)
    {
        using IDisposable scope = NewDisposeScope();
        var checkpoint = new Checkpoint();
        checkpoint.Tensors["w"] = tensor([step, step + 1]);
        checkpoint.Set("steps", step);
        return store.Save(checkpoint, step, score);
    }

    private static void FallsBack(CheckpointStore store, string damaged)
    {
        using IDisposable scope = NewDisposeScope();
        var reports = new List<string>();
        store.LoadNewest(reports.Add).GetLong("steps").ShouldBe(10);
        reports.Count.ShouldBe(1);
        reports[0].ShouldContain(damaged);
        reports[0].ShouldContain("Falling back to the checkpoint before it");
    }

    private static IEnumerable<long> Steps(CheckpointStore store) =>
        store.Newest().Select(path => long.Parse(Path.GetFileNameWithoutExtension(path)["step-".Length..],
            System.Globalization.CultureInfo.InvariantCulture));
}
