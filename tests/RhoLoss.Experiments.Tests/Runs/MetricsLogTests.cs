using RhoLoss.Experiments.Runs;

namespace RhoLoss.Experiments.Tests.Runs;

public sealed class MetricsLogTests
{
    [Fact]
    public void Each_entry_is_one_line_of_JSON()
    {
        using var folder = new TemporaryFolder();
        using (var log = new MetricsLog(folder.File("metrics.jsonl")))
        {
            log.Append(new { Epoch = 1, Note = "a\nb" });
            log.Append(new Dictionary<string, double> { ["testAccuracy"] = 0.5 });
        }

        File.ReadAllText(folder.File("metrics.jsonl")).ShouldBe("{\"epoch\":1,\"note\":\"a\\nb\"}\n{\"testAccuracy\":0.5}\n");
    }

    [Fact]
    public void A_line_is_in_the_file_before_the_log_is_closed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.jsonl");
        using var log = new MetricsLog(path);
        log.Append(new { Step = 1 });

        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        reader.ReadToEnd().ShouldBe("{\"step\":1}\n");
        // {"step":1} and the line break: 11 bytes.
        log.Position.ShouldBe(11);
    }

    [Fact]
    public void Resuming_drops_what_came_after_the_checkpoint()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.jsonl");
        long atCheckpoint;
        using (var log = new MetricsLog(path))
        {
            log.Append(new { Step = 1 });
            log.FlushToDisk();
            atCheckpoint = log.Position;
            log.Append(new { Step = 2 });
        }
        File.AppendAllText(path, "{\"step\":3,\"lo");

        using (var resumed = new MetricsLog(path))
        {
            resumed.Position.ShouldBe(22, "the half line is gone as soon as the file is open");
            resumed.TruncateTo(atCheckpoint);
            resumed.Append(new { Step = 20 });
        }
        File.ReadAllText(path).ShouldBe("{\"step\":1}\n{\"step\":20}\n");
    }

    [Fact]
    public void A_file_that_does_not_fit_the_checkpoint_is_refused_and_kept()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.jsonl");
        using var log = new MetricsLog(path);
        log.Append(new { Step = 1 });

        Should.Throw<InvalidInputException>(() => log.TruncateTo(12)).Message.ShouldBe(
            $"{path} has 11 bytes of whole lines, but the checkpoint was written after 12: lines are missing. "
            + "Restore the file, or start a new run with another --out.");
        Should.Throw<InvalidInputException>(() => log.TruncateTo(5)).Message.ShouldContain("has no line that ends at byte 5");
        log.Position.ShouldBe(11);
        log.TruncateTo(0);
        log.Position.ShouldBe(0);
    }

    [Fact]
    public void A_value_that_is_no_object_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var log = new MetricsLog(folder.File("metrics.jsonl"));

        Should.Throw<ArgumentException>(() => log.Append(3));
        log.Position.ShouldBe(0);
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_named()
    {
        using var folder = new TemporaryFolder();
        Should.Throw<InvalidInputException>(() => new MetricsLog(folder.Path)).Message
            .ShouldStartWith($"{folder.Path} cannot be written: ");
    }
}
