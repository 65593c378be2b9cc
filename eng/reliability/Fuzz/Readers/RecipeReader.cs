using System.Text;
using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Recipes in TOML: a shipped one with its comments, one of few lines, and a resolved one with every key.</summary>
internal sealed class RecipeReader : FuzzReader
{
    private const string Few =
        "name = \"mine\"\n[data]\nset = \"fashion-mnist-subset\"\n"
        + "[training]\nmethods = [\"uniform\", \"rho-loss@0.5\"]\nseeds = [0, 1]\nepochs = 3\n"
        + "[optimizer]\nlearning-rate = 1e-3\n";

    /// <summary>Not a file of the tool's: each line is a setting as the command line takes it.</summary>
    private const string Overrides = "settings";

    private static readonly string[] Contradictions =
        [
            "noise.kind=none\n", "noise.kind=structured\nnoise.fraction=0\n", "training.large-batch-size=1\n",
            "training.batch-size=1000\n", "name=\n",
        ];

    public override string Name => "recipe";

    public override IReadOnlyList<string> NotReading { get; } = ["RecipeLoader.cs:UnknownName", "RecipeBinder.cs:BoundNames",
        "RecipeBinder.cs:ValuesOf", "RecipeBinder.cs:Property", "RecipeBinder.cs:Written", "RecipeArm.cs:get_Label",
        "RecipeArm.cs:NeedIrreducibleLosses", "RecipeArm.cs:ScorerIn"];

    public override IReadOnlyList<string> Sources { get; } =
    [
        "RhoLoss.Experiments/Recipes/RecipeLoader.cs", "RhoLoss.Experiments/Recipes/RecipeSettings.cs",
            "RhoLoss.Experiments/Recipes/RecipeValue.cs",
        "RhoLoss.Experiments/Recipes/RecipeBinder.cs", "RhoLoss.Experiments/Recipes/TomlText.cs",
            "RhoLoss.Experiments/Registry/RecipeArm.cs",
    ];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        .. Enumerable.Repeat(new FuzzInput("mine.toml", Encoding.UTF8.GetBytes(Few)), 6),
        new FuzzInput("shipped.toml", Encoding.UTF8.GetBytes(RecipeLoader.ReadShipped("quickstart"))),
        .. Enumerable.Repeat(new FuzzInput(Overrides,
            Encoding.UTF8.GetBytes(
                "training.epochs=3\ntraining.methods=[\"uniform\", \"rho-loss\"]\ndata.directory=2024\n"
                + "optimizer.learning-rate=1e-3\nnoise.kind=uniform\nnoise.fraction=0.1\ntraining.large-batch-size=320\n")), 2),
        new FuzzInput("config.toml", Encoding.UTF8.GetBytes(RecipeLoader.Load("quickstart", []).ToToml())),
    ];

    protected override IReadOnlyList<string> Words { get; } =
    [
        "[data]", "[training]", "[[training]]", "name", "data.set", "training.methods", "methods", "epochs", "seeds", "[noise]",
            "kind = \"structured\"", "fraction = 0.5", "large-batch-size = 1",
        "hidden = [16, 9223372036854775807]", "true", "[1, \"a\"]", "{ a = 1 }", "1979-05-27T07:32:00Z", "inf", "nan", "'''", "\"\"\"",
            "\\u0000", "= ", "rho-loss", "rho-loss+proxy", "uniform@2", "\n", "name=", "=", "training.epochs=",
            "none", "structured", "noise.fraction=0.0", "x = 1\ny = 2", "[1, 2]",
    ];

    /// <summary>A quarter of the settings end in one that does not go with another, which no change of a letter makes.</summary>
    protected override byte[] BreakContent(Dice dice, FuzzInput input, byte[] content) => input.FileName == Overrides && dice.Once(4)
        ? [.. content, .. Encoding.UTF8.GetBytes(dice.Of(Contradictions))]
        : base.BreakContent(dice, input, content);

    public override void Read(string path)
    {
        (string recipe, string[] settings) = Path.GetFileName(path) == Overrides
            ? ("quickstart", File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            : (path, []);
        RecipeLoader.Load(recipe, settings).ToToml();
    }
}
