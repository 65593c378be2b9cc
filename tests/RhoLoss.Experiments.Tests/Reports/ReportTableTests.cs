using RhoLoss.Experiments.Reports;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Reports;

public sealed class ReportTableTests
{
    private static readonly ReportTable Table = new("t", [["method", "final %"], ["a|b", "1.0 ± 0.5"], ["c, d", "-"]]);

    [Fact]
    public void A_terminal_shows_the_first_column_to_the_left_and_numbers_to_the_right() => Table.ToLines().ShouldBe(
    [
        "method    final %", "-----------------", "a|b     1.0 ± 0.5", "c, d            -",
    ]);

    [Fact]
    public void A_table_is_as_wide_as_what_it_shows()
    {
        var named = new ReportTable("t", [["name", "x"], ["a\u001b", "1"]]);
        named.ToLines().ShouldBe(["name       x", "------------", "a[U+001B]  1"]);
        named.ToMarkdown().ShouldBe("| name | x |\n|---|---|\n| a[U+001B] | 1 |\n");
        named.ToCsv().ShouldBe("name,x\na\u001b,1\n", "data are as they are");
    }

    [Fact]
    public void A_page_shows_it_as_Markdown() =>
        Table.ToMarkdown().ShouldBe("| method | final % |\n|---|---|\n| a\\|b | 1.0 ± 0.5 |\n| c, d | - |\n");

    [Fact]
    public void A_file_has_it_as_RFC_4180_does() =>
        Table.ToCsv().ShouldBe("method,final %\na|b,1.0 ± 0.5\n\"c, d\",-\n");

    [Fact]
    public void A_metric_is_mean_and_spread_in_its_unit_and_nothing_where_a_seed_lacks_it()
    {
        var share = new Metric("x", _ => 0) { IsShare = true };
        // 0.25 and 0.75: mean 0.5, sample standard deviation √(2 · 0.25²) = 0.354.
        Spread.Of(share, [0.25, 0.75]).ShouldBe("50.0 ± 35.4");
        Spread.Of(share with { IsShare = false }, [0.25, 0.75]).ShouldBe("0.500 ± 0.354");
        Spread.Of(share, [0.25]).ShouldBe("25.0");
        Spread.Of(share, [0.25, null]).ShouldBe("-");
        Spread.Taken([3, null]).ShouldBe("NR (1 of 2 reached)");
    }
}
