using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Experiments.Tests.Recipes;

public sealed class RecipeErrorTests
{
    [Theory]
    [InlineData(
        "bald",
        "model.dropout=0",
        "Recipe quickstart: model.dropout must be above 0 for bald, which runs Monte-Carlo dropout passes, but is 0.0. "
        + "Set model.dropout = 0.5 for an MLP or 0.05 for the small CNN, as in the paper, or 0.1 for a language model, as GPT-2 has.")]
    [InlineData(
        "predictive-entropy+proxy",
        "model.dropout=0.5",
        "Recipe quickstart: the scorer of predictive-entropy+proxy must be target or replica, whose dropout it uses, but is proxy. "
        + "Set scoring.scorer = \"target\", or name the arm predictive-entropy+target.")]
    [InlineData(
        "original-rho+plan",
        "model.dropout=0",
        "Recipe quickstart: original-rho+plan cannot replay a plan, because it goes on training the irreducible-loss model on what it "
        + "selects. Name the arm original-rho+target.")]
    [InlineData(
        "original-rho",
        "irreducible-loss.weights=/w.safetensors",
        "Recipe quickstart: irreducible-loss.weights must be empty for original-rho, which goes on training a model that was trained on "
        + "the holdout, but is /w.safetensors. Remove it, or leave original-rho out.")]
    [InlineData(
        "auto",
        "irreducible-loss.temperature=3",
        "Recipe quickstart: irreducible-loss.temperature must be 1 for auto, which takes irreducible losses for probabilities, but is 3. "
        + "Set irreducible-loss.temperature = 1.0, or leave auto out.")]
    [InlineData(
        "filter-uniform@0.5",
        "irreducible-loss.temperature=1.5",
        "Recipe quickstart: irreducible-loss.temperature must be 1 for filter-uniform@0.5, which takes irreducible losses for "
        + "probabilities, but is 1.5. Set irreducible-loss.temperature = 1.0, or leave filter-uniform@0.5 out.")]
    public void What_a_method_asks_of_the_recipe_is_checked_before_anything_is_trained(string method, string setting, string message) =>
        Should.Throw<InvalidInputException>(() => RecipeLoader
            .Load("quickstart", [setting, $"training.methods=[\"uniform\", \"{method}\"]"]).Recipe
            .ValidateForComparison()).Message
            .ShouldBe(message);

    [Theory]
    [InlineData(
        "[training]\nbatchsize = 3",
        "file test.toml, line 2: there is no key training.batchsize. The nearest is training.batch-size; "
        + "`rho config show` lists every key. Correct or remove it.")]
    [InlineData(
        "[trainin]\nepochs = 3",
        "file test.toml, line 1: there is no section [trainin]. The nearest is [training]; the sections are data, noise, model, "
        + "irreducible-loss, training, optimizer, scoring, methods.gradient-norm-is, methods.learnability-sampled, "
        + "methods.learnability-tempered, methods.learnability-smoothed, methods.filter-uniform, methods.svp, methods.moore-lewis, "
        + "methods.auto-relevance, methods.two-stage, methods.offline-filter, methods.uniform-with-holdout, "
        + "scorers.last-seen, scorers.cascade, checkpoints, report, headline, machine.")]
    [InlineData("nam = \"x\"",
        "file test.toml, line 1: there is no key nam. The nearest is name; `rho config show` lists every key. Correct or remove it.")]
    [InlineData("training = 3",
        "file test.toml, line 1: training must be a section, but is 3. Write [training] and its keys on the lines below.")]
    [InlineData("[[training]]\nepochs = 3",
        "file test.toml, line 1: training must be a section, but is a table. Write [training] and its keys on the lines below.")]
    [InlineData("[training]\nepochs = \"ten\"",
        "file test.toml, line 2: training.epochs must be a whole number, but is the text \"ten\". Write epochs = 20, for example.")]
    [InlineData("[training]\nepochs = 2.5",
        "file test.toml, line 2: training.epochs must be a whole number, but is 2.5. Write epochs = 20, for example.")]
    [InlineData("[training]\nepochs = 0",
        "file test.toml, line 2: training.epochs must be at least 1 and at most 2147483647, but is 0. "
        + "Set training.epochs; the default is 20.")]
    [InlineData("[training.epochs]\nx = 1",
        "file test.toml, line 1: training.epochs must be a whole number, but is a table. Write epochs = 20, for example.")]
    [InlineData(
        "[model]\nname = \"resnet18\"",
        "file test.toml, line 2: model.name must be one of mlp, small-cnn, resnet-18, resnet-34, resnet-50, vgg11-bn, densenet-121, "
        + "googlenet, mobilenet-v2, inception-v3, resnet-18-224, resnet-50-224, mobilenet-v2-224, albert-small, albert-base, "
        + "gpt-nano, gpt-micro, but is \"resnet18\". The nearest to \"resnet18\" is \"resnet-18\". "
        + "Set model.name; the default is \"mlp\".")]
    [InlineData(
        "[training]\nmethods = [\"uniform\", \"rho\"]",
        "file test.toml, line 2: training.methods must be a non-empty list of different arms, each a method (uniform, rho-loss, "
        + "train-loss, gradient-norm, gradient-norm-is, negative-il, learnability, learnability-sampled, learnability-tempered, "
        + "learnability-smoothed, probability-gap, filter-uniform, selective-backprop, infobatch, rs2, original-rho, svp, moore-lewis, "
        + "auto-relevance, two-stage, offline-filter, random-share, holdout-only, uniform-with-holdout, oracle, bald, "
        + "conditional-entropy, predictive-entropy, loss-minus-conditional-entropy, auto), if wanted with +scorer (target, replica, proxy, "
        + "last-seen, cascade, plan), @share of candidates trained on and ~share of the budget, as in rho-loss+replica@0.25~0.5; "
        + "infobatch, holdout-only, uniform-with-holdout, oracle and auto choose for themselves and take neither scorer nor @share, "
        + "but is [\"uniform\", \"rho\"]. "
        + "The nearest to \"rho\" is \"rho-loss\". Set training.methods; the default is [\"uniform\", \"rho-loss\"].")]
    [InlineData(
        "[report]\ntarget-accuracy = 85",
        "file test.toml, line 2: report.target-accuracy must be a share between 0 and 1, but is 85.0. "
        + "Set report.target-accuracy; the default is 0.0.")]
    [InlineData("a = 1\nb = \n",
        "file test.toml, line 2: this is not valid TOML. Unexpected token end-of-line found while expecting a value. Correct that line.")]
    public void A_wrong_recipe_says_where_what_and_how_to_fix_it(string toml, string message) =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Parse(toml, "test", "file test.toml", [])).Message.ShouldBe(message);

    [Theory]
    [InlineData("name = \"f\\u")]
    [InlineData("name = \"f\\U0001")]
    public void A_recipe_that_is_cut_inside_an_escape_is_refused(string toml) =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Parse(toml, "test", "file test.toml", [])).Message
            .ShouldContain("this is not valid TOML");

    [Theory]
    [InlineData("[training]\nepochs = 1\nepochs = 2", "line 3")]
    [InlineData("[training]\nepochs = 1\n[model]\n[training]\nbatch-size = 2", "line 4")]
    public void A_key_or_section_that_stands_twice_is_refused(string toml, string line) =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Parse(toml, "test", "file test.toml", [])).Message.ShouldContain(line);

    [Theory]
    [InlineData("optimizer.learning-rate=0")]
    [InlineData("optimizer.learning-rate=nan")]
    [InlineData("optimizer.weight-decay=inf")]
    [InlineData("optimizer.clip-norm=-1")]
    [InlineData("optimizer.clip-norm=inf")]
    [InlineData("irreducible-loss.temperature=0")]
    [InlineData("irreducible-loss.temperature=inf")]
    [InlineData("methods.moore-lewis.repeat-weight=0")]
    [InlineData("methods.two-stage.repeat-weight=1.5")]
    [InlineData("methods.auto-relevance.repeat-weight=nan")]
    [InlineData("optimizer.beta1=1.0")]
    [InlineData("noise.fraction=1.5")]
    [InlineData("noise.fraction=nan")]
    [InlineData("data.holdout-fraction=1")]
    [InlineData("data.holdout-fraction=-0.1")]
    [InlineData("data.long-tail=0.5")]
    [InlineData("data.long-tail=inf")]
    [InlineData("data.duplicate=0")]
    [InlineData("noise.kind=asymmetric")]
    [InlineData("data.split-seed=-1")]
    [InlineData("model.hidden=[]")]
    [InlineData("model.hidden=[512, 0]")]
    [InlineData("training.epochs=3000000000")]
    [InlineData("training.accumulate=0")]
    [InlineData("training.early-stop=-1")]
    [InlineData("training.methods=[]")]
    [InlineData("training.methods=[\"uniform\", \"uniform\"]")]
    [InlineData("training.seeds=[]")]
    [InlineData("training.seeds=[1, 1]")]
    [InlineData("training.seeds=[-1]")]
    [InlineData("training.seeds=[0, \"1\"]")]
    [InlineData("machine.threads=-1")]
    [InlineData("machine.device=gpu")]
    [InlineData("checkpoints.keep-last=0")]
    [InlineData("data.set=\"\"")]
    [InlineData("name=../escape")]
    [InlineData("name=.hidden")]
    public void A_value_out_of_range_is_refused_with_its_key(string setting) =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Load("quickstart", [setting])).Message
            .ShouldStartWith($"--set {setting}: {setting[..setting.IndexOf('=', StringComparison.Ordinal)]} must be ");

    [Fact]
    public void A_whole_number_above_its_range_is_told_the_limit() =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Load("quickstart", ["training.epochs=99999999999"])).Message.ShouldBe(
            "--set training.epochs=99999999999: training.epochs must be at least 1 and at most 2147483647, but is 99999999999. "
            + "Set training.epochs; the default is 20.");

    [Fact]
    public void Every_whole_number_keeps_to_the_range_that_its_rule_names()
    {
        RecipeKey[] keys = [.. RecipeKeys.All.Where(key => key.Kind == RecipeValueKind.WholeNumber)];

        keys.ShouldNotBeEmpty();
        // Seeds take every whole number that a recipe can write, and say no upper limit.
        keys.ShouldAllBe(key => key.Rule.Accepts(long.MaxValue)
            || key.Rule.Requirement.Contains(" and at most ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_large_batch_below_the_batch_size_is_refused() =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Load("quickstart", ["training.large-batch-size=16"])).Message.ShouldBe(
            "--set training.large-batch-size=16: training.large-batch-size must be at least training.batch-size (32), but is 16. "
            + "Set training.large-batch-size.");

    [Fact]
    public void More_parts_of_a_batch_than_it_has_examples_are_refused() =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Load("quickstart", ["training.accumulate=33"])).Message.ShouldBe(
            "--set training.accumulate=33: training.accumulate must be at most training.batch-size (32), of which it makes that many "
            + "parts, but is 33. Set training.accumulate.");

    [Fact]
    public void A_model_that_is_there_and_a_cross_fit_are_refused_together() =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Parse(
                "[irreducible-loss]\ncross-fit = true\nweights = \"/w.safetensors\"", "test", "file test.toml", [])).Message
            .ShouldBe("file test.toml, line 3: irreducible-loss.cross-fit must be false while irreducible-loss.weights names a model that "
                + "was trained before, but is true. Remove one of the two.");

    [Fact]
    public void Noise_that_would_not_be_applied_is_refused() =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Parse("[noise]\nfraction = 0.2", "test", "file test.toml", [])).Message
            .ShouldBe("file test.toml, line 2: noise.fraction must be 0.0 while noise.kind is \"none\", but is 0.2. "
                + "Set noise.kind = \"uniform\", or noise.fraction = 0.0.");

    [Fact]
    public void Structured_noise_without_a_probability_is_refused() =>
        Should.Throw<InvalidInputException>(
            () => RecipeLoader.Parse("[noise]\nkind = \"structured\"", "test", "file test.toml", [])).Message
            .ShouldBe("file test.toml, line 2: noise.fraction must be above 0 while noise.kind is \"structured\", but is 0.0. "
                + "Set noise.fraction = 0.5, the paper's probability.");

    [Fact]
    public void A_baseline_that_is_not_trained_is_refused_for_a_comparison()
    {
        Recipe recipe = RecipeLoader.Load("quickstart", ["report.baseline=gradient-norm-is"]).Recipe;

        Should.Throw<InvalidInputException>(recipe.ValidateForComparison).Message.ShouldBe(
            "Recipe quickstart: report.baseline must be one of training.methods (uniform, rho-loss, train-loss, gradient-norm, "
            + "negative-il), but is gradient-norm-is. Add it to training.methods or set report.baseline.");
    }

    [Fact]
    public void An_unknown_name_lists_what_ships_and_names_the_nearest()
    {
        var message = Should.Throw<InvalidInputException>(() => RecipeLoader.Load("quickstrat", [])).Message;

        message.ShouldStartWith("There is no recipe quickstrat. The nearest is quickstart; shipped are ");
        message.ShouldContain(string.Join(", ", RecipeLoader.ShippedNames));
    }

    [Fact]
    public void A_file_that_is_missing_or_not_text_is_refused()
    {
        using var folder = new TemporaryFolder();
        Should.Throw<InvalidInputException>(() => RecipeLoader.Load(folder.File("none.toml"), [])).Message
            .ShouldContain("there is no such recipe file");
        Should.Throw<InvalidInputException>(() => RecipeLoader.Load(folder.Path + "/", [])).Message
            .ShouldContain("is a folder, but a recipe is expected");

        File.WriteAllBytes(folder.File("binary.toml"), [0xff, 0xfe, 0x80, 0x00]);
        Should.Throw<InvalidInputException>(() => RecipeLoader.Load(folder.File("binary.toml"), []));
    }

    [Theory]
    [InlineData("training.epochs")]
    [InlineData("=3")]
    public void An_override_without_key_or_value_shows_the_form(string setting) =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Load("quickstart", [setting])).Message.ShouldContain("section.key=value");

    [Fact]
    public void A_list_whose_quotes_the_shell_ate_gets_a_hint() =>
        Should.Throw<InvalidInputException>(() => RecipeLoader.Load("quickstart", ["training.methods=[uniform]"])).Message
            .ShouldEndWith("Quote the whole setting for the shell: --set 'training.methods=[\"uniform\", \"rho-loss\"]'.");
}
