using RhoLoss.Logging;

namespace RhoLoss.Tests.Logging;

public sealed class CsvLogTests : IDisposable
{
    private const string Head = "method,seed,epoch,step,seconds,scoringSeconds,examplesTrained,examplesScored";
    private readonly TemporaryFolder _folder = new();

    private string Table => _folder["run", "metrics.csv"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_point_is_a_row_and_what_is_not_known_is_empty()
    {
        using (var log = new CsvLog(Table))
        {
            log.Write(Points.Event(10, ("accuracy", 0.75), ("selected.corrupted", null)));
            log.Write(new RunEvent.Progressed(Points.Arm, 11, 20, 1));
            log.Write(Points.Event(20, ("accuracy", 0.8)));
        }
        File.ReadAllLines(Table).ShouldBe(
        [
            $"{Head},accuracy,selected.corrupted", "rho-loss,3,1,10,1.5,0.5,20,200,0.75,", "rho-loss,3,2,20,1.5,0.5,20,200,0.8,",
        ]);
    }

    [Fact]
    public void A_metric_that_comes_later_gets_a_column_and_the_place_of_a_checkpoint_stays_its_place()
    {
        using (var log = new CsvLog(Table)) { log.Write(Points.Event(10, ("accuracy", 0.75))); }
        using (var log = new CsvLog(Table))
        {
            long checkpoint = log.Position!.Value;
            log.Write(Points.Event(20, ("loss", 1), ("accuracy", 0.8)));
            log.Write(Points.Event(30, ("loss", 2)));
            log.CutTo(checkpoint);
            log.Write(Points.Event(20, ("loss", 3), ("accuracy", 0.9)));
        }
        File.ReadAllLines(Table).ShouldBe(
            [$"{Head},accuracy,loss", "rho-loss,3,1,10,1.5,0.5,20,200,0.75,", "rho-loss,3,2,20,1.5,0.5,20,200,0.9,3"]);
    }

    [Fact]
    public void A_half_row_is_dropped_and_an_emptied_table_begins_with_a_new_header()
    {
        using (var log = new CsvLog(Table)) { log.Write(Points.Event(10, ("accuracy", 0.75))); }
        File.AppendAllText(Table, "rho-loss,3,2,2");
        using (var log = new CsvLog(Table))
        {
            log.Position.ShouldBe(1);
            log.CutTo(0);
            log.Position.ShouldBe(0);
            log.Write(Points.Event(10, ("loss", 1)));
        }
        File.ReadAllLines(Table).ShouldBe([$"{Head},loss", "rho-loss,3,1,10,1.5,0.5,20,200,1"]);
    }

    [Fact]
    public void A_method_with_a_comma_is_quoted_as_RFC_4180_has_it()
    {
        using (var log = new CsvLog(Table))
        {
            log.Write(new RunEvent.Measured(new Arm("a \"b\", c", 0), Points.At(10, ("accuracy", 0.75))));
        }
        File.ReadAllLines(Table)[1].ShouldStartWith("\"a \"\"b\"\", c\",0,");
    }

    [Fact]
    public void Rows_that_are_missing_and_a_table_of_something_else_are_refused()
    {
        using (var log = new CsvLog(Table))
        {
            log.Write(Points.Event(10, ("accuracy", 0.75)));
            Should.Throw<InvalidInputException>(() => log.CutTo(2)).Message.ShouldBe(
                $"{Table} has 1 row, but the checkpoint was written after 2: rows are missing. "
                + "Restore the file, or start a new run in another folder.");
        }
        File.WriteAllText(Table, "name,price\nbread,3\n");
        Should.Throw<InvalidInputException>(() => new CsvLog(Table)).Message.ShouldStartWith(
            $"{Table} is not a table of measured points: its header begins 'name,price', but must begin '{Head}'.");
        File.ReadAllText(Table).ShouldBe("name,price\nbread,3\n");
    }
}
