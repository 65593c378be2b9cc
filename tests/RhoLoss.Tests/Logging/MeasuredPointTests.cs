using RhoLoss.Logging;

namespace RhoLoss.Tests.Logging;

public sealed class MeasuredPointTests
{
    [Fact]
    public void A_metric_is_asked_for_by_name_and_a_missing_one_is_named()
    {
        MeasuredPoint point = Points.At(10, ("accuracy", 0.75), ("selected.corrupted", null));

        point.Metric("accuracy").ShouldBe(0.75);
        Should.Throw<ArgumentException>(() => point.Metric("selected.corrupted")).Message
            .ShouldStartWith("'selected.corrupted' is not among what was measured: accuracy, selected.corrupted.");
    }

    [Theory]
    [InlineData("bits per byte", "a name is of letters, digits, - and _")]
    [InlineData("a,b", "a name is of letters, digits, - and _")]
    [InlineData("accuracy\n", "a name is of letters, digits, - and _")]
    [InlineData("", "a name is of letters, digits, - and _")]
    [InlineData(".x", "a name is of letters, digits, - and _")]
    [InlineData("step", "as another value of a point is")]
    [InlineData("kind", "as another value of a point is")]
    [InlineData("seconds.gpu", "as another value of a point is")]
    public void A_name_that_a_file_could_not_keep_is_refused(string name, string reason) =>
        Should.Throw<ArgumentException>(() => Points.At(10, (name, 1))).Message.ShouldContain(reason);

    [Fact]
    public void A_metric_that_is_also_a_group_is_refused() =>
        Should.Throw<ArgumentException>(() => Points.At(10, ("selected", 1), ("selected.corrupted", 1))).Message
            .ShouldStartWith("'selected' is a metric and the group of another, 'selected.corrupted'.");

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void A_number_that_is_none_is_refused(double value, string text) =>
        Should.Throw<ArgumentException>(() => Points.At(10, ("loss", value))).Message
            .ShouldStartWith($"The metric 'loss' is {text}. Give null for what is not known.");

    [Theory]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData(" ")]
    public void A_run_whose_files_could_not_be_called_by_its_method_is_refused(string method)
    {
        Should.Throw<ArgumentException>(() => new Arm(method, 0));
        Should.Throw<ArgumentException>(() => Points.Arm with { Method = method });
    }
}
