using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Registry;

public sealed class MethodTableTests
{
    private static readonly ScoringSection Scoring = Given();

    private static ScoringSection Given(params string[] ofMethods) =>
        RecipeLoader.Parse("", "test", "test", ofMethods.Select(setting => $"methods.{setting}")).Recipe.Scoring;

    public static TheoryData<string> Names => [.. MethodTable.Names];

    [Fact]
    public void Names_and_colours_tell_the_methods_apart()
    {
        MethodTable.Names.ShouldBeUnique();
        MethodTable.Names.ShouldAllBe(name => RegistryText.IsName(name));
        MethodTable.All.Select(method => method.Color).ShouldBeUnique();
        MethodTable.All.ShouldAllBe(method => RegistryText.IsColor(method.Color));
    }

    // A row that declares too little leaves a memory without what is asked; one that declares too much makes losses for nothing.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_row_declares_what_its_function_asks_of_scorer_and_reference(string name)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data();
        SelectionMethod method = MethodTable.Find(name)!;
        using Reference losses = method.NeedsRelevance ? new GivenRelevance(method.KeptShare is not null) : Losses(data);
        using var asked = new AskedScorer();
        using (BatchSelector selector = Selector(asked, method, losses))
        {
            selector.Select(data, new LargeBatch(1, data.Ids));
        }

        asked.Measured.ShouldBe(method.Asks);
        asked.Dropout.ShouldBe(method.NeedsDropout);
        using BatchSelector alone = Selector(new AskedScorer(), method, losses: null);
        Exception? without = Record.Exception(() => alone.Select(data, new LargeBatch(1, data.Ids)));
        bool asksReference = method.NeedsIrreducibleLosses || (method.NeedsRelevance && !method.ChoosesOnce);
        (without is not null).ShouldBe(asksReference, without?.Message);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_name_is_an_arm_of_its_own_colour_and_takes_a_scorer_and_a_share_where_its_row_says_so(string name)
    {
        SelectionMethod method = MethodTable.Find(name)!;
        RecipeArm.Parse(name).Method.ShouldBe(method);
        RhoLoss.Experiments.Plots.MethodColors.Hex(name).ShouldBe(method.Color);
        RecipeArm.TryParse($"{name}+target", out _).ShouldBe(method.TakesScorer);
        RecipeArm.TryParse($"{name}@0.5", out _).ShouldBe(method.TakesShare);
        RecipeKeys.Find("training.method")!.Rule.Accepts(name).ShouldBeTrue();
    }

    [Fact]
    public void The_keys_of_a_row_are_keys_of_the_section_and_every_key_of_the_section_has_a_reader()
    {
        string[] read = [.. MethodTable.All.SelectMany(method => method.AllKeys)
            .Union(ScorerTable.All.SelectMany(scorer => scorer.AllKeys))];
        string[] always = ["scoring.mode", "scoring.running-statistics", "scoring.scorer"];

        read.Union(always).ShouldBe(
            RecipeKeys.All.Where(key => key.Section == "scoring" || key.Parameter is not null).Select(key => key.Name), ignoreOrder: true);
    }

    [Fact]
    public void The_recipe_guide_lists_every_method_as_its_row_has_it()
    {
        string guide = RegistryText.Read("docs/recipes.md");
        string[] missing = [.. MethodTable.All.Select(Row).Where(row => !guide.Contains(row, StringComparison.Ordinal))];

        missing.ShouldBeEmpty(string.Join('\n', missing));
    }

    // What makes a method cost one row: nothing else knows its name. The experiments of the paper name what they compare.
    [Fact]
    public void No_source_file_but_the_table_names_a_method() =>
        RegistryText.FilesNaming([.. MethodTable.Names.Except([MethodTable.Uniform, MethodTable.RhoLoss, "auto"])], "MethodTable.cs")
            .ShouldBeEmpty();

    [Fact]
    public void Methods_with_parameters_compute_with_those_of_their_section()
    {
        using var check = new NoTensorLeaks();
        // One candidate of p_t = 0.2 (of five classes, all logits 0) and p_IL = 0.5.
        using var data = new LabeledDataset(zeros(1, 5), tensor([0L]), classes: 5);
        using IrreducibleLosses losses = IrreducibleLosses.From(tensor([MathF.Log(2)]), data,
            new IrreducibleLossFacts("by hand", "holdout", 0, 1, 0, 0, 0));
        using var model = new Inputs();
        double Score(string name, ScoringSection scoring)
        {
            using var selector = new BatchSelector(model, MethodTable.Find(name)!.Score(scoring), losses, 1,
                new BatchSelectorOptions { LargeBatchSize = 1 });
            return selector.Select(data, new LargeBatch(1, data.Ids)).Candidates.Scores!.item<float>();
        }

        // 0.5² · 0.8³
        Score("learnability-tempered", Given("learnability-tempered.irreducible-exponent=2", "learnability-tempered.target-exponent=3"))
            .ShouldBe(0.25 * 0.512, 1e-6);
        // (0.5 + 0.3) · 0.8 / 1.3
        Score("learnability-smoothed", Given("learnability-smoothed.smoothing=0.3")).ShouldBe(0.8 * 0.8 / 1.3, 1e-6);
        // ln 2 = 0.693 passes: 1 more than a number in [0, 1)
        Score("filter-uniform", Given("filter-uniform.filter=0.7")).ShouldBeInRange(1, 2);
        Score("filter-uniform", Given("filter-uniform.filter=0.69")).ShouldBeInRange(0, 1);
    }

    [Theory]
    [InlineData("bald")]
    [InlineData("conditional-entropy")]
    [InlineData("predictive-entropy")]
    [InlineData("loss-minus-conditional-entropy")]
    public void Dropout_passes_are_as_many_as_the_scoring_section_says(string name)
    {
        using var check = new NoTensorLeaks();
        using var data = new LabeledDataset(ones(4, 5), tensor([0L, 1L, 2L, 3L]), classes: 5);
        using nn.Module<Tensor, Tensor> model = nn.Sequential(nn.Dropout(0.5));
        using var selector = new BatchSelector(model, MethodTable.Find(name)!.Score(Scoring with { DropoutPasses = 7 }), null, 1,
            new BatchSelectorOptions { LargeBatchSize = 4 });

        selector.Select(data, new LargeBatch(1, data.Ids)).Candidates.Forwarded.ShouldBe(7 * 4);
    }

    [Theory]
    [InlineData("rho-loss", "ReducibleHoldoutLoss")]   // Eq. 8; the baselines are those of Section 4
    [InlineData("uniform", "Uniform")]
    [InlineData("train-loss", "TrainLoss")]
    [InlineData("gradient-norm", "GradientNorm")]
    [InlineData("gradient-norm-is", "GradientNorm")]
    [InlineData("negative-il", "NegativeIrreducibleLoss")]
    [InlineData("original-rho", "ReducibleHoldoutLoss")]
    [InlineData("svp", "Uniform")]
    public void The_methods_of_the_paper_are_the_functions_that_paper_to_code_names(string name, string function)
    {
        MethodTable.Find(name)!.Score(Scoring).Method.Name.ShouldBe(function);
        string row = RegistryText.Read("docs/paper-to-code.md")
            .Split('\n').Single(line => line.Contains($"| `{name}` |", StringComparison.Ordinal));
        row.ShouldContain(function);
    }

    [Fact]
    public void Drawings_have_the_parameters_of_their_methods_section()
    {
        Drawing Of(string name, ScoringSection scoring) => MethodTable.Find(name)!.Drawing(scoring);
        Of("gradient-norm-is", Given("gradient-norm-is.variance-reduction=true")).ShouldBe(new ImportanceSampling(OnlyWhenItPays: true));
        Of("learnability-sampled", Given("learnability-sampled.exponent=2.5")).ShouldBe(new ProportionalSampling(2.5));
        Of("selective-backprop", Scoring).ShouldBe(new PercentileSampling(null));
        Of("rho-loss", Scoring).ShouldBe(new TopScores());
    }

    private static string Row(SelectionMethod method)
    {
        string[] needs =
        [
            .. method.NeedsScorer ? ["a scorer"] : Array.Empty<string>(),
            .. method.NeedsIrreducibleLosses ? ["irreducible losses"] : Array.Empty<string>(),
            .. method.NeedsDropout ? ["dropout"] : Array.Empty<string>(),
            .. method.ChoosesViaProxy ? ["a proxy, once"] : Array.Empty<string>(),
            .. method.NeedsHoldout ? ["a holdout"] : Array.Empty<string>(),
            .. method.NeedsRelevance ? ["n-grams"] : Array.Empty<string>(),
            .. method.NeedsProvenance ? ["known flags"] : Array.Empty<string>(),
        ];
        string formula = method.Formula.Replace("|", "\\|", StringComparison.Ordinal);
        string keys = string.Join(", ", method.AllKeys.Select(key => $"`{key}`"));
        return $"| `{method.Name}` | {formula} | {(needs.Length == 0 ? "nothing" : string.Join(", ", needs))} | {keys} |";
    }

    private static LabeledDataset Data() => new(randn(8, 3), arange(8, dtype: int64) % 3, classes: 3);

    private static IrreducibleLosses Losses(LabeledDataset data) =>
        IrreducibleLosses.From(ones(8), data, new IrreducibleLossFacts("by hand", "holdout", 0, 1, 0, 0, 0));

    private static BatchSelector Selector(Scorer scorer, SelectionMethod method, Reference? losses) =>
        new(scorer, method.Score(Scoring), losses, 2,
            new BatchSelectorOptions { LargeBatchSize = 8, Drawing = method.Drawing(Scoring) });

    /// <summary>Relevance is the id, and so are losses where there are any.</summary>
    private sealed class GivenRelevance(bool hasLosses) : Reference
    {
        public override Tensor Loss(Candidates candidates) => hasLosses ? candidates.Indices.to(float32)
            : throw new InvalidOperationException("There are none.");

        public override Tensor Relevance(Candidates candidates) => candidates.Indices.to(float32);
    }

    /// <summary>Notes what it is asked; the inputs are the logits.</summary>
    private sealed class AskedScorer : Scorer
    {
        public Measures Measured { get; private set; }

        public bool Dropout { get; private set; }

        public override string Name => "asked";

        public override Measurements Measure(Candidates candidates, Measures wanted)
        {
            Measured |= wanted;
            Tensor logits = candidates.Inputs.exp();   // positive
            return Measurements.Of(logits, candidates.Labels, candidates.Objective, wanted) with { Logits = null };
        }

        public override Tensor DropoutLogProbabilities(Candidates candidates, int passes)
        {
            Dropout = true;
            return nn.functional.log_softmax(candidates.Inputs.unsqueeze(0).expand(passes, -1, -1), dim: -1);
        }
    }

    /// <summary>The inputs are the logits.</summary>
    private sealed class Inputs() : nn.Module<Tensor, Tensor>(nameof(Inputs))
    {
        public override Tensor forward(Tensor input) => input.clone();
    }
}
