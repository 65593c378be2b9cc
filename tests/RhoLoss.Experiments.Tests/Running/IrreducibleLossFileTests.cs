using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class IrreducibleLossFileTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    [Theory]
    [InlineData("noise.fraction=0.2")]
    [InlineData("noise.seed=1")]
    [InlineData("noise.holdout=false")]
    [InlineData("data.split-seed=1")]
    [InlineData("data.holdout-fraction=0.4")]
    [InlineData("data.holdout-fraction=0")]
    [InlineData("data.long-tail=4")]
    [InlineData("data.relevance-classes=2")]
    [InlineData("data.duplicate=2")]
    [InlineData("noise.kind=structured")]
    [InlineData("data.set=mnist")]
    [InlineData("irreducible-loss.hidden=[8]")]
    [InlineData("irreducible-loss.model=small-cnn")]
    [InlineData("irreducible-loss.epochs=4")]
    [InlineData("irreducible-loss.patience=1")]
    [InlineData("irreducible-loss.batch-size=20")]
    [InlineData("irreducible-loss.learning-rate=0.02")]
    [InlineData("irreducible-loss.weight-decay=0.02")]
    [InlineData("irreducible-loss.seed=1")]
    [InlineData("irreducible-loss.cross-fit=true")]
    [InlineData("irreducible-loss.precision=bfloat16")]
    public void What_decides_the_losses_decides_the_name(string change) => NameWith(change).ShouldNotBe(NameWith());

    [Theory]
    [InlineData("data.directory=elsewhere")]
    [InlineData("data.directory=./elsewhere/../here/")]
    [InlineData("data.labels=labels.csv")]
    [InlineData("data.loader-threads=4")]
    [InlineData("data.cache-megabytes=1")]
    [InlineData("data.skip-bad=true")]
    [InlineData("data.long-tail=1.0")]
    [InlineData("irreducible-loss.charge=false")]
    [InlineData("model.hidden=[8]")]
    [InlineData("model.name=resnet-18")]
    [InlineData("optimizer.learning-rate=0.5")]
    [InlineData("training.epochs=9")]
    [InlineData("training.seeds=[4, 5]")]
    [InlineData("training.batch-size=2")]
    [InlineData("scoring.mode=eval")]
    [InlineData("machine.threads=2")]
    [InlineData("name=other")]
    public void What_does_not_decide_the_losses_shares_them(string change) => NameWith(change).ShouldBe(NameWith());

    [Fact]
    public void The_name_says_set_and_network() =>
        NameWith().ShouldMatch("^runs/irreducible-losses/fashion-mnist-mlp-16-[0-9a-f]{8}-[0-9a-f]{8}\\.safetensors$");

    [Fact]
    public void A_temperature_has_a_table_of_its_own_beside_the_one_model()
    {
        string plain = NameWith(), soft = NameWith("irreducible-loss.temperature=2.5");
        soft.ShouldBe(Path.ChangeExtension(plain, null) + "-t2.5.safetensors");
        using IrreducibleLosses losses = Losses(_tiny.Recipe());
        IrreducibleLossFile.ModelPathFor(_tiny.Recipe("irreducible-loss.file=", "irreducible-loss.temperature=2.5"), losses)
            .ShouldBe(IrreducibleLossFile.ModelPathFor(_tiny.Recipe("irreducible-loss.file="), losses));
        IrreducibleLossFile.ModelPathFor(_tiny.Recipe("irreducible-loss.file="), losses)
            .ShouldBe(Path.ChangeExtension(plain, ".model.safetensors"));
    }

    [Fact]
    public void A_file_of_another_temperature_is_refused()
    {
        Get(force: false);
        Recipe recipe = _tiny.Recipe("irreducible-loss.temperature=2");
        using ExperimentData data = ExperimentData.Load(recipe);

        Should.Throw<InvalidInputException>(
            () => IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => { }, TestContext.Current.CancellationToken)).Message
            .ShouldBe($"{_tiny.IrreducibleLossFile} holds irreducible losses at temperature 1, but irreducible-loss.temperature is 2. "
                + "Set it to 1, or name another irreducible-loss.file.");
    }

    [Fact]
    public void A_given_file_is_used_as_it_is() => PathFor(_tiny.Recipe("irreducible-loss.epochs=4")).ShouldBe(_tiny.IrreducibleLossFile);

    [Fact]
    public void Force_trains_again_what_is_there()
    {
        using var check = new NoTensorLeaks();
        (_, byte[] first) = Get(force: false);
        // Half a file, which would be refused without force.
        File.WriteAllBytes(_tiny.IrreducibleLossFile, first[..(first.Length / 2)]);

        (bool reused, byte[] second) = Get(force: true);

        reused.ShouldBeFalse();
        second.Length.ShouldBeInRange(first.Length - 64, first.Length + 64, "only the seconds in the header may differ");
    }

    [Fact]
    public void The_model_beside_the_losses_is_the_one_they_are_of_and_another_is_refused()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe("training.methods=[\"uniform\", \"original-rho\"]");
        using ExperimentData data = ExperimentData.Load(recipe);
        (IrreducibleLosses losses, _) = IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => { },
            TestContext.Current.CancellationToken);
        using IrreducibleLosses owned = losses;
        using (TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor> model =
            IrreducibleLossFile.LoadModel(recipe, data.Training, losses))
        {
            using IDisposable scope = TorchSharp.torch.NewDisposeScope();
            RhoLoss.Training.Evaluator.PerExample(model, data.Training).Losses.data<float>().ToArray()
                .ShouldBe(losses.Of(data.Training.Ids).data<float>().ToArray());
        }

        Recipe other = _tiny.Recipe("training.methods=[\"uniform\", \"original-rho\"]", "irreducible-loss.seed=1");
        (IrreducibleLosses others, _) = IrreducibleLossFile.GetOrTrain(other, data, force: true, _ => { },
            TestContext.Current.CancellationToken);
        others.Dispose();
        Should.Throw<InvalidInputException>(() => IrreducibleLossFile.LoadModel(recipe, data.Training, losses)).Message
            .ShouldContain("is not the model that the irreducible losses of");
        File.Delete(IrreducibleLossFile.ModelPathFor(recipe, losses));
        Should.Throw<InvalidInputException>(() => IrreducibleLossFile.LoadModel(recipe, data.Training, losses)).Message
            .ShouldStartWith("There is no irreducible-loss model ");
    }

    [Fact]
    public void A_model_of_other_losses_does_not_count_as_there()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe("training.methods=[\"uniform\", \"original-rho\"]");
        Recipe other = _tiny.Recipe("irreducible-loss.seed=1", "irreducible-loss.file=" + _tiny.File("other.safetensors"));
        using ExperimentData data = ExperimentData.Load(recipe);
        bool Reused(Recipe which)
        {
            (IrreducibleLosses losses, bool reused) = IrreducibleLossFile.GetOrTrain(which, data, force: false, _ => { },
                TestContext.Current.CancellationToken);
            losses.Dispose();
            return reused;
        }
        Reused(recipe).ShouldBeFalse();
        Reused(recipe).ShouldBeTrue();
        Reused(other).ShouldBeFalse();
        using (IrreducibleLosses any = IrreducibleLosses.Load(_tiny.IrreducibleLossFile))
        {
            File.Copy(IrreducibleLossFile.ModelPathFor(other, any), IrreducibleLossFile.ModelPathFor(recipe, any), overwrite: true);
        }

        Should.Throw<InvalidInputException>(() => Reused(recipe)).Message
            .ShouldContain("but the model that they are of is not beside it as ");
    }

    [Fact]
    public void Losses_that_the_user_named_are_not_trained_again_for_want_of_their_model()
    {
        using var check = new NoTensorLeaks();
        Get(force: false);
        Recipe live = _tiny.Recipe("training.methods=[\"uniform\", \"original-rho\"]");
        using ExperimentData data = ExperimentData.Load(live);
        byte[] before = File.ReadAllBytes(_tiny.IrreducibleLossFile);
        using (IrreducibleLosses losses = IrreducibleLosses.Load(_tiny.IrreducibleLossFile))
        {
            File.Delete(IrreducibleLossFile.ModelPathFor(live, losses));
        }

        Should.Throw<InvalidInputException>(() => IrreducibleLossFile.GetOrTrain(
            live, data, force: false, _ => { }, TestContext.Current.CancellationToken)).Message
            .ShouldStartWith($"{_tiny.IrreducibleLossFile} holds irreducible losses, but the model that they are of is not beside it");

        File.ReadAllBytes(_tiny.IrreducibleLossFile).ShouldBe(before);
    }

    [Theory]
    [InlineData("irreducible-loss.epochs=7", "irreducible-loss.epochs was 3 and is 7")]
    [InlineData("irreducible-loss.hidden=[8]", "irreducible-loss.hidden was [16] and is [8]")]
    [InlineData("irreducible-loss.seed=5", "irreducible-loss.seed was 0 and is 5")]
    [InlineData("irreducible-loss.learning-rate=0.5", "irreducible-loss.learning-rate was ")]
    public void Losses_that_the_user_named_are_of_the_settings_of_the_recipe(string change, string difference)
    {
        using var check = new NoTensorLeaks();
        Get(force: false);
        byte[] before = File.ReadAllBytes(_tiny.IrreducibleLossFile);
        Recipe recipe = _tiny.Recipe(change);
        using ExperimentData data = ExperimentData.Load(recipe);

        Should.Throw<InvalidInputException>(() => IrreducibleLossFile.GetOrTrain(
            recipe, data, force: false, _ => { }, TestContext.Current.CancellationToken)).Message
            .ShouldStartWith(
                $"{_tiny.IrreducibleLossFile} holds irreducible losses that were made with other settings: {difference}");

        File.ReadAllBytes(_tiny.IrreducibleLossFile).ShouldBe(before);
    }

    [Fact]
    public void Losses_that_do_not_tell_their_settings_are_used_and_the_keys_that_do_not_apply_are_named()
    {
        using var check = new NoTensorLeaks();
        Get(force: false);
        Recipe recipe = _tiny.Recipe("irreducible-loss.epochs=7");
        using ExperimentData data = ExperimentData.Load(recipe);
        using (IrreducibleLosses told = IrreducibleLosses.Load(_tiny.IrreducibleLossFile, data.Training))
        using (torch.NewDisposeScope())
        {
            using IrreducibleLosses silent = IrreducibleLosses.From(
                told.Of(data.Training.Ids), data.Training, told.Facts with { Settings = null });
            silent.Save(_tiny.IrreducibleLossFile);
        }
        List<string> notices = [];

        (IrreducibleLosses losses, bool reused) = IrreducibleLossFile.GetOrTrain(
            recipe, data, force: false, e => { if (e is RunEvent.Notice notice) { notices.Add(notice.Text); } },
            TestContext.Current.CancellationToken);

        losses.Dispose();
        reused.ShouldBeTrue();
        notices.ShouldHaveSingleItem().ShouldStartWith(
            $"{_tiny.IrreducibleLossFile} does not say with which settings its losses were made: ");
        notices[0].ShouldContain("irreducible-loss.epochs");
    }

    // One step of the live model at temperature 2 scores with what a table at temperature 2 holds,
    // because it starts from that model; none of the points is augmented here.
    [Fact]
    public void Original_rho_starts_from_the_softened_losses()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe("training.methods=[\"uniform\", \"original-rho\"]", "irreducible-loss.temperature=2");
        using ExperimentData data = ExperimentData.Load(recipe);
        (IrreducibleLosses losses, _) = IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => { },
            TestContext.Current.CancellationToken);
        using IrreducibleLosses owned = losses;
        using IDisposable scope = torch.NewDisposeScope();
        using torch.nn.Module<torch.Tensor, torch.Tensor> model = IrreducibleLossFile.LoadModel(recipe, data.Training, losses);
        using var reference = new RhoLoss.Training.LearningReference(
            IrreducibleLossFile.LoadModel(recipe, data.Training, losses), new RhoLoss.Optimization.AdamWOptions(), temperature: 2);
        using var selector = new BatchSelector(model, SelectionFunctions.NegativeIrreducibleLoss, reference, 4,
            new BatchSelectorOptions { LargeBatchSize = 40 });

        torch.Tensor ids = data.Training.Ids.slice(0, 0, 40, 1);

        SelectedBatch selected = selector.Select(data.Training, new LargeBatch(1, ids));

        (selected.Candidates.Scores! + losses.Of(ids)).abs().max().item<float>().ShouldBeLessThan(1e-5f);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_training_that_was_stopped_goes_on_after_its_last_epoch_unless_it_is_forced_anew(bool force)
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe("irreducible-loss.epochs=4");
        using ExperimentData data = ExperimentData.Load(recipe);
        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => IrreducibleLossFile.GetOrTrain(recipe, data, force: false, e =>
        {
            if (e is PreparationEvent.HoldoutEpochDone { Result.Epoch: 2 }) { stop.Cancel(); }
        }, stop.Token));
        string state = IrreducibleLossFile.PathFor(recipe, data) + ".training";
        File.Exists(state).ShouldBeTrue();

        var epochs = new List<int>();
        (IrreducibleLosses losses, bool reused) = IrreducibleLossFile.GetOrTrain(recipe, data, force, e =>
        {
            if (e is PreparationEvent.HoldoutEpochDone done) { epochs.Add(done.Result.Epoch); }
        }, TestContext.Current.CancellationToken);

        losses.Dispose();
        reused.ShouldBeFalse();
        epochs.ShouldBe(force ? [1, 2, 3, 4] : [3, 4]);
        File.Exists(state).ShouldBeFalse();
    }

    [Fact]
    public void A_state_that_is_damaged_is_refused_with_what_to_do()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = _tiny.Recipe("irreducible-loss.epochs=4");
        using ExperimentData data = ExperimentData.Load(recipe);
        string state = IrreducibleLossFile.PathFor(recipe, data) + ".training";
        Directory.CreateDirectory(Path.GetDirectoryName(state)!);
        using (torch.Tensor some = torch.zeros(8))
        {
            SafetensorsFile.Write(state, new Dictionary<string, torch.Tensor> { ["some"] = some }, new Dictionary<string, string>
            {
                ["holdout.epoch"] = "1",
            });
        }
        using (FileStream file = File.OpenWrite(state)) { file.SetLength(file.Length - 1); }
        Should.Throw<InvalidInputException>(
            () => IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => { }, TestContext.Current.CancellationToken)).Message
            .ShouldSatisfyAllConditions(
                m => m.ShouldContain($"cannot go on from {state}"), m => m.ShouldEndWith("Delete that file to train from the beginning."));
    }

    [Fact]
    public void A_text_of_ids_and_losses_is_a_file_of_the_users()
    {
        using var check = new NoTensorLeaks();
        string file = _tiny.File("losses.csv");
        Recipe recipe = _tiny.Recipe($"irreducible-loss.file={file}");
        using ExperimentData data = ExperimentData.Load(recipe);
        long[] ids = [.. data.Training.Ids.data<long>()];
        File.WriteAllLines(file, ids.Select(id => FormattableString.Invariant($"{id},{id % 7}.5")).Prepend("id,loss"));

        (IrreducibleLosses losses, bool reused) = IrreducibleLossFile.GetOrTrain(
            recipe, data, force: false, _ => { }, TestContext.Current.CancellationToken);

        using IrreducibleLosses owned = losses;
        reused.ShouldBeTrue();
        using torch.Tensor first = losses.Of(data.Training.Ids.slice(0, 0, 1, 1));
        first.item<float>().ShouldBe((ids[0] % 7) + 0.5f);
        string text = File.ReadAllText(file);
        Recipe needsModel = _tiny.Recipe($"irreducible-loss.file={file}", "training.methods=[\"uniform\", \"original-rho\"]");
        foreach ((Recipe other, bool force) in new[] { (recipe, true), (needsModel, false) })
        {
            Should.Throw<InvalidInputException>(() => IrreducibleLossFile.GetOrTrain(
                other, data, force, _ => { }, TestContext.Current.CancellationToken)).Message
                .ShouldStartWith($"{file} holds losses that were computed elsewhere, without a model, and is not written over.");
        }
        File.ReadAllText(file).ShouldBe(text);
        File.WriteAllLines(file, ids.Skip(1).Select(id => FormattableString.Invariant($"{id},1")).Prepend("id,loss"));
        Should.Throw<InvalidInputException>(() => IrreducibleLossFile.GetOrTrain(
            recipe, data, force: false, _ => { }, TestContext.Current.CancellationToken)).Message
            .ShouldContain($"has no example with id {ids[0]}");
    }

    [Theory]
    [InlineData("id,irreducible_loss", "0.5", "the first line must be 'id,loss', but is 'id,irreducible_loss'.")]
    [InlineData("loss,id", "0.5", "the first line must be 'id,loss', but is 'loss,id'.")]
    [InlineData("id,loss", "-3", "at least 0, but that of example ")]
    [InlineData("id,loss", "NaN", "an id and a finite loss")]
    public void A_text_of_losses_that_cannot_be_is_refused_with_what_to_do(string header, string loss, string message)
    {
        using var check = new NoTensorLeaks();
        string file = _tiny.File("losses.csv");
        Recipe recipe = _tiny.Recipe($"irreducible-loss.file={file}");
        using ExperimentData data = ExperimentData.Load(recipe);
        File.WriteAllLines(file, data.Training.Ids.data<long>().Select(id => $"{id},{loss}").Prepend(header));

        string refusal = Should.Throw<InvalidInputException>(() => IrreducibleLossFile.GetOrTrain(
            recipe, data, force: false, _ => { }, TestContext.Current.CancellationToken)).Message;

        refusal.ShouldContain(message);
        refusal.ShouldNotContain("--force");
    }

    [Fact]
    public void A_cross_fit_has_no_one_model_to_go_on_training()
    {
        Recipe recipe = _tiny.Recipe("training.methods=[\"uniform\", \"original-rho\"]", "irreducible-loss.cross-fit=true");
        using ExperimentData data = ExperimentData.Load(recipe);
        Should.Throw<InvalidInputException>(
            () => IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => { }, TestContext.Current.CancellationToken)).Message
            .ShouldContain("irreducible-loss.cross-fit has two");
    }

    [Fact]
    public void Losses_are_the_same_each_time_they_are_trained()
    {
        using var check = new NoTensorLeaks();
        Losses("irreducible-loss.seed=0").ShouldBe(Losses("irreducible-loss.seed=0"));
        Losses("irreducible-loss.seed=1").ShouldNotBe(Losses("irreducible-loss.seed=0"));
        Losses("irreducible-loss.cross-fit=true").ShouldNotBe(Losses("irreducible-loss.seed=0"));
    }

    [Fact]
    public void A_changed_label_is_refused_by_its_example()
    {
        using var cifar = new TinyCifar();
        cifar.Train();
        // Record 16 of the first file: an even id, so one of D. Its first byte is the label.
        TinyExperiment.Flip(cifar.FirstFile, 16 * TinyCifar.RecordBytes);

        string message = Should.Throw<InvalidInputException>(cifar.Train).Message;

        message.ShouldBe($"{cifar.IrreducibleLossFile} was computed for other data: labels differ for 1 of 50 examples (id 16). "
            + $"Compute it again for this data, or restore the data. Delete {cifar.IrreducibleLossFile} to have it made anew.");
    }

    [Fact]
    public void A_changed_pixel_is_refused_by_its_example()
    {
        using var cifar = new TinyCifar();
        cifar.Train();
        TinyExperiment.Flip(cifar.FirstFile, 18 * TinyCifar.RecordBytes + 1000);

        string message = Should.Throw<InvalidInputException>(cifar.Train).Message;

        message.ShouldBe($"{cifar.IrreducibleLossFile} was computed for other data: inputs differ for 1 of 50 examples (id 18). "
            + $"Compute it again for this data, or restore the data. Delete {cifar.IrreducibleLossFile} to have it made anew.");
    }

    [Fact]
    public void A_changed_pixel_or_label_of_the_holdout_is_refused()
    {
        // Record 17 is odd, so one of the holdout: its label, and a pixel.
        foreach (int position in new[] { 0, 1000 })
        {
            using var cifar = new TinyCifar();
            cifar.Train();
            TinyExperiment.Flip(cifar.FirstFile, 17 * TinyCifar.RecordBytes + position);

            string message = Should.Throw<InvalidInputException>(cifar.Train).Message;

            message.ShouldStartWith($"{cifar.IrreducibleLossFile} was computed with another holdout (fingerprint ");
            message.ShouldEndWith($"Delete {cifar.IrreducibleLossFile} to have it made anew.");
        }
    }

    // Law: whichever byte of the training files is changed, of D or of the holdout, label or pixel, the losses have another name.
    [Fact]
    public void Any_change_of_any_example_gives_the_losses_another_name()
    {
        using var cifar = new TinyCifar();
        string name = cifar.NameOfItsOwn();
        var random = new Random(11);
        for (int i = 0; i < 24; i++)
        {
            int record = random.Next(20), position = i % 3 == 0 ? 0 : random.Next(1, TinyCifar.RecordBytes);
            TinyExperiment.Flip(cifar.FirstFile, record * TinyCifar.RecordBytes + position);
            cifar.NameOfItsOwn().ShouldNotBe(name, $"byte {position} of record {record}");
            TinyExperiment.Flip(cifar.FirstFile, record * TinyCifar.RecordBytes + position);
        }
        cifar.NameOfItsOwn().ShouldBe(name, "restored data have their name again");
    }

    // What the table says today, and nothing of how a record is written in C#: a new key or another name of a property changes no name.
    [Fact]
    public void Only_deciding_settings_that_are_not_the_default_enter_the_name() =>
        DecidingKeys.Hash(_tiny.Recipe(), Decides.Losses).ShouldBe(DecidingKeys.Hash(
            "data.set=\"fashion-mnist\"", "irreducible-loss.batch-size=40", "irreducible-loss.epochs=3", "irreducible-loss.hidden=[16]",
            "irreducible-loss.learning-rate=0.01", "noise.fraction=0.1", "noise.kind=\"uniform\""));

    [Fact]
    public void A_file_that_does_not_name_its_holdout_is_refused_until_it_is_made_anew()
    {
        using var check = new NoTensorLeaks();
        Recipe recipe = RecipeLoader.Load(_tiny.WriteRecipe(), ["noise.seed=3"]).Recipe;
        using ExperimentData data = ExperimentData.Load(recipe);
        using (IrreducibleLosses losses = Losses(recipe))
        {
            using IDisposable scope = torch.NewDisposeScope();
            using IrreducibleLosses before = IrreducibleLosses.From(losses.Of(data.Training.Ids), data.Training,
                losses.Facts with { Holdout = null });
            before.Save(_tiny.IrreducibleLossFile);
        }

        string message = Should.Throw<InvalidInputException>(() => Losses(recipe)).Message;

        message.ShouldBe($"{_tiny.IrreducibleLossFile} does not say which holdout its losses are of (holdout), so a change of the holdout "
            + "could not be noticed. Compute it again with this holdout. "
            + $"Make it anew with `rho holdout {_tiny.File("tiny.toml")} --set noise.seed=3 --force`.");
        IrreducibleLossFile.GetOrTrain(recipe, data, force: true, _ => { }, TestContext.Current.CancellationToken).Losses.Dispose();
        Should.NotThrow(() => Losses(recipe).Dispose());
    }

    [Fact]
    public void Losses_of_a_holdout_are_none_of_a_cross_fit_nor_the_other_way_round()
    {
        using var check = new NoTensorLeaks();
        Losses(_tiny.Recipe()).Dispose();
        Should.Throw<InvalidInputException>(() => Losses(_tiny.Recipe("irreducible-loss.cross-fit=true"))).Message
            .ShouldContain("but irreducible-loss.cross-fit is true.");
        File.Delete(_tiny.IrreducibleLossFile);
        Losses(_tiny.Recipe("irreducible-loss.cross-fit=true")).Dispose();
        Should.Throw<InvalidInputException>(() => Losses(_tiny.Recipe())).Message
            .ShouldContain("does not say which holdout its losses are of (cross-fit)");
    }

    [Fact]
    public async Task Two_that_want_the_same_losses_at_once_train_one_model()
    {
        Recipe recipe = _tiny.Recipe();
        using ExperimentData data = ExperimentData.Load(recipe);
        _ = (data.Training.Fingerprint, data.Holdout!.Fingerprint);   // lazy, and not made for several threads
        using var waiting = new ManualResetEventSlim();
        Task<bool>? second = null;
        List<string> told = [];

        (IrreducibleLosses losses, bool reused) = IrreducibleLossFile.GetOrTrain(recipe, data, force: false, e =>
        {
            if (e is not PreparationEvent.HoldoutEpochDone || second is not null) { return; }
            second = Task.Run(() =>
            {
                (IrreducibleLosses same, bool found) = IrreducibleLossFile.GetOrTrain(recipe, data, force: false, n =>
                {
                    if (n is not RunEvent.Stage stage) { return; }
                    told.Add(stage.Text);
                    waiting.Set();
                }, TestContext.Current.CancellationToken);
                same.Dispose();
                return found;
            });
            waiting.Wait(TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);
        losses.Dispose();

        reused.ShouldBeFalse();
        (await second!).ShouldBeTrue("the second found what the first had made");
        told.ShouldBe([$"another process is making {_tiny.IrreducibleLossFile}: waiting for it"]);
    }

    // The set is normalised by its own mean and spread, which one pixel moves: the message must still name the example.
    [Fact]
    public void A_changed_pixel_is_named_even_where_it_changes_the_normalisation()
    {
        Get(force: false);
        (long id, long position) = TrainingPixel();
        TinyExperiment.Flip(_tiny.DataFile(TinyExperiment.TrainImages), position);

        string message = Should.Throw<InvalidInputException>(() => Get(force: false)).Message;

        message.ShouldStartWith($"{_tiny.IrreducibleLossFile} was computed for other data: ");
        message.ShouldContain($"inputs differ for 1 of 210 examples (id {id})");
    }

    // A label decides in which part of the split its example is, so ids differ before labels can.
    [Fact]
    public void A_changed_label_that_changes_the_split_is_refused_too()
    {
        Get(force: false);
        TinyExperiment.Flip(_tiny.DataFile(TinyExperiment.TrainLabels), TinyExperiment.LabelsHeader + 3);

        Should.Throw<InvalidInputException>(() => Get(force: false)).Message
            .ShouldContain("was computed for other data: example ids differ");
    }

    [Fact]
    public void A_damaged_file_is_refused()
    {
        (_, byte[] bytes) = Get(force: false);
        TinyExperiment.Flip(_tiny.IrreducibleLossFile, bytes.Length - 8);

        Should.Throw<InvalidInputException>(() => Get(force: false)).Message.ShouldStartWith($"{_tiny.IrreducibleLossFile} is damaged: ");
    }

    [Fact]
    public void A_stopped_training_writes_no_file()
    {
        Recipe recipe = _tiny.Recipe();
        using ExperimentData data = ExperimentData.Load(recipe);
        using var stop = new CancellationTokenSource();

        Should.Throw<OperationCanceledException>(
            () => IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => stop.Cancel(), stop.Token));

        File.Exists(_tiny.IrreducibleLossFile).ShouldBeFalse();
    }

    public void Dispose() => _tiny.Dispose();

    // Of settings alone: the data are those of the recipe without changes.
    private string NameWith(params string[] changes) => PathFor(_tiny.Recipe([.. changes, "irreducible-loss.file="]));

    private string PathFor(Recipe recipe)
    {
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe());
        return IrreducibleLossFile.PathFor(recipe, data);
    }

    private static IrreducibleLosses Losses(Recipe recipe)
    {
        using ExperimentData data = ExperimentData.Load(recipe);
        return IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => { }, TestContext.Current.CancellationToken).Losses;
    }

    private (bool Reused, byte[] File) Get(bool force)
    {
        Recipe recipe = _tiny.Recipe();
        using ExperimentData data = ExperimentData.Load(recipe);
        (IrreducibleLosses losses, bool reused) = IrreducibleLossFile.GetOrTrain(recipe, data, force, _ => { },
            TestContext.Current.CancellationToken);
        losses.Dispose();
        return (reused, File.ReadAllBytes(_tiny.IrreducibleLossFile));
    }

    private float[] Losses(string change)
    {
        Recipe recipe = _tiny.Recipe(change);
        using ExperimentData data = ExperimentData.Load(recipe);
        using IDisposable scope = torch.NewDisposeScope();
        (IrreducibleLosses losses, _) = IrreducibleLossFile.GetOrTrain(recipe, data, force: true, _ => { },
            TestContext.Current.CancellationToken);
        using (losses) { return [.. losses.Of(data.Training.Ids).data<float>()]; }
    }

    /// <summary>
    /// An example of D and the position of one of its pixels in the images file; ids of this set are positions in the file.
    /// </summary>
    private (long Id, long Position) TrainingPixel()
    {
        using ExperimentData data = ExperimentData.Load(_tiny.Recipe());
        long id = data.Training.Ids.data<long>()[3];
        return (id, TinyExperiment.ImagesHeader + id * TinyExperiment.Side * TinyExperiment.Side + 10);
    }
}

/// <summary>
/// CIFAR-10's six files with 20 records each in the five training files, and a recipe for their irreducible losses. Even ids are D, and
/// the set has a fixed normalisation: a byte that changes here changes nothing else.
/// </summary>
internal sealed class TinyCifar : IDisposable
{
    /// <summary>One label byte and 3 · 32 · 32 pixels.</summary>
    public const int RecordBytes = 1 + 3 * 32 * 32;

    private readonly TemporaryFolder _folder = new();

    public TinyCifar()
    {
        var random = new Random(5);
        for (int file = 1; file <= 5; file++) { Write($"data_batch_{file}.bin"); }
        Write("test_batch.bin");

        void Write(string name)
        {
            byte[] records = new byte[20 * RecordBytes];
            random.NextBytes(records);
            // Labels 0, 0, 1, 1, …: every class among the even and among the odd ids.
            for (int i = 0; i < 20; i++) { records[i * RecordBytes] = (byte)(i / 2); }
            File.WriteAllBytes(_folder.File(name), records);
        }
    }

    public string FirstFile => _folder.File("data_batch_1.bin");

    public string IrreducibleLossFile => _folder.File("il.safetensors");

    /// <summary>Loads the data as they are now and gets their irreducible losses.</summary>
    public void Train()
    {
        Recipe recipe = RecipeOf(IrreducibleLossFile);
        using ExperimentData data = ExperimentData.Load(recipe);
        (IrreducibleLosses losses, _) = RhoLoss.Experiments.References.IrreducibleLossFile.GetOrTrain(recipe, data, force: false, _ => { },
            TestContext.Current.CancellationToken);
        losses.Dispose();
    }

    /// <summary>The name that the irreducible losses of the data as they are now have if the recipe names none.</summary>
    public string NameOfItsOwn()
    {
        Recipe recipe = RecipeOf("");
        using ExperimentData data = ExperimentData.Load(recipe);
        return RhoLoss.Experiments.References.IrreducibleLossFile.PathFor(recipe, data);
    }

    public void Dispose() => _folder.Dispose();

    private Recipe RecipeOf(string file) => RecipeLoader.Parse("", "cifar", "test",
    [
        "data.set=cifar-10", $"data.directory={_folder.Path}", "irreducible-loss.hidden=[4]", "irreducible-loss.epochs=1",
        $"irreducible-loss.file={file}",
    ]).Recipe;
}
