using CsCheck;
using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

public sealed class IrreducibleLossesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rholoss-il-").FullName;

    private string Path(string name = "il.safetensors") => System.IO.Path.Combine(_folder, name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_table_that_was_read_for_its_data_holds_their_fingerprint_once()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Toys.Points(6);
        using (IrreducibleLosses made = Toys.RandomLosses(data)) { made.Save(folder.File("il.safetensors")); }
        using IrreducibleLosses read = IrreducibleLosses.Load(folder.File("il.safetensors"), data);
        read.Fingerprint.ShouldBeSameAs(data.Fingerprint);
        read.Ids.ShouldBeSameAs(data.Fingerprint.Ids);
    }

    [Fact]
    public void A_saved_table_comes_back_with_values_facts_and_fingerprint()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        table.Save(Path());
        using IrreducibleLosses loaded = IrreducibleLosses.Load(Path(), data);
        loaded.Count.ShouldBe(4);
        loaded.Facts.ShouldBe(FourCandidates.Facts);
        loaded.Fingerprint!.Value.ShouldBe(data.Fingerprint.Value);
        Examples.Values(loaded.Of(data.Ids)).ShouldBe(Examples.Values(table.Of(data.Ids)));
        Directory.GetFiles(_folder).ShouldBe([Path()]);   // no temporary file is left
    }

    [Fact]
    public void The_temperature_comes_back_and_is_1_in_a_file_of_before_there_were_temperatures()
    {
        using var check = new NoTensorLeaks();
        using IDisposable scope = NewDisposeScope();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = IrreducibleLosses.From(zeros(4), data, FourCandidates.Facts with { Temperature = 2.5 });
        table.Save(Path());
        using (IrreducibleLosses loaded = IrreducibleLosses.Load(Path(), data)) { loaded.Facts.Temperature.ShouldBe(2.5); }

        (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(Path());
        metadata.Remove("temperature");
        SafetensorsFile.Write(Path("old.safetensors"), tensors, metadata);
        using (IrreducibleLosses old = IrreducibleLosses.Load(Path("old.safetensors"), data)) { old.Facts.ShouldBe(FourCandidates.Facts); }
    }

    [Fact]
    public void The_facts_are_in_the_header_and_those_of_another_file_are_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        table.Save(Path());
        IrreducibleLosses.ReadFacts(Path()).ShouldBe(FourCandidates.Facts);

        SafetensorsFile.Write(Path("other.safetensors"),
            new Dictionary<string, Tensor>(), new Dictionary<string, string> { ["format"] = "weights" });
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.ReadFacts(Path("other.safetensors"))).Message
            .ShouldContain("is not an irreducible-loss file: its format is 'weights'");
        SafetensorsFile.Write(Path("empty.safetensors"),
            new Dictionary<string, Tensor>(), new Dictionary<string, string> { ["format"] = "rholoss-irreducible-losses/1" });
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.ReadFacts(Path("empty.safetensors"))).Message
            .ShouldContain("is not a complete irreducible-loss file");
    }

    [Fact]
    public void Values_are_found_by_id_whatever_the_row_order()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using LabeledDataset shuffled = data.Subset(tensor([10L, 70L, 90L, 50L]));
        using IrreducibleLosses table = FourCandidates.Table(data);
        table.Save(Path());
        using IrreducibleLosses loaded = IrreducibleLosses.Load(Path(), shuffled);   // the same content: accepted
        double[] il = FourCandidates.IrreducibleLoss;
        Examples.Values(loaded.Of(tensor([10L, 70L, 70L]))).ShouldBe([il[3], il[0], il[0]], tolerance: 1e-6);
        // And made from the shuffled rows, with the losses in their order, it is the same table.
        using IrreducibleLosses other = IrreducibleLosses.From(table.Of(shuffled.Ids), shuffled, FourCandidates.Facts);
        Examples.Values(other.Of(data.Ids)).ShouldBe(Examples.Values(table.Of(data.Ids)));
    }

    [Fact]
    public void Any_table_over_any_ids_survives_a_round_trip()
    {
        using var check = new NoTensorLeaks();
        Gen.Select(Gen.Long[0, long.MaxValue].HashSet[1, 40], Gen.Float[0, 20].Array[40]).Sample((ids, values) =>
        {
            using var inner = new NoTensorLeaks();
            long[] rows = [.. ids];
            using LabeledDataset data = Examples.OfIds(rows);
            using IrreducibleLosses table = IrreducibleLosses.From(tensor(values[..rows.Length]), data, FourCandidates.Facts);
            table.Save(Path());
            using IrreducibleLosses loaded = IrreducibleLosses.Load(Path(), data);
            Examples.Values(loaded.Of(tensor(rows.Reverse().ToArray()))).ShouldBe(values[..rows.Length].Reverse().Select(v => (double)v));
        }, iter: 20, threads: 1);
    }

    [Fact]
    public void A_changed_label_or_input_is_refused_and_named_with_the_command_that_helps()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfBytes([30, 10, 20], [0, 1, 2]);
        using LabeledDataset label = Examples.OfBytes([30, 10, 20], [0, 1, 0]);
        using LabeledDataset input = Examples.OfBytes([30, 10, 20], [0, 1, 2], bytes => bytes[0] ^= 4);
        using LabeledDataset fewer = data.Subset(tensor([30L, 10L]));
        using IrreducibleLosses table = IrreducibleLosses.From(zeros(3), data, FourCandidates.Facts);
        table.Save(Path());
        string message = Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path(), label)).Message;
        message.ShouldContain(Path());
        message.ShouldContain("labels differ for 1 of 3 examples (id 20)");
        message.ShouldContain("Compute it again for this data, or restore the data.");
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path(), input)).Message
            .ShouldContain("inputs differ for 1 of 3 examples (id 30)");
        using IrreducibleLosses some = IrreducibleLosses.From(zeros(2), fewer, FourCandidates.Facts);
        Should.Throw<InvalidInputException>(() => some.RequireSameData(data)).Message.ShouldContain("(id 20)");
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Values_that_are_not_finite_are_refused_in_memory_and_from_a_file(float bad)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.From(tensor([1f, 1f, bad, 1f]), data, FourCandidates.Facts)).Message
            .ShouldContain("(id 90)");
        using IrreducibleLosses table = FourCandidates.Table(data);
        Rewrite(table, (tensors, _) => tensors["irreducible_loss"][3] = bad);   // ascending ids 10, 50, 70, 90
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path())).Message.ShouldContain("(id 90)");
    }

    [Fact]
    public void One_loss_per_example_is_needed()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        Should.Throw<ArgumentException>(() => IrreducibleLosses.From(zeros(3), data, FourCandidates.Facts)).Message
            .ShouldContain("shape [4], but the shape is [3]");
        Should.Throw<ArgumentException>(() => IrreducibleLosses.From(zeros(4, 1), data, FourCandidates.Facts)).Message
            .ShouldContain("[4, 1]");
    }

    [Fact]
    public void An_unknown_id_is_named()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        Should.Throw<InvalidInputException>(() => table.Of(tensor([70L, 71L]))).Message
            .ShouldContain("The irreducible-loss table has no example with id 71 ");
    }

    [Fact]
    public void A_flip_of_any_bit_of_the_file_is_found()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        table.Save(Path());
        byte[] whole = File.ReadAllBytes(Path());
        for (int position = 0; position < whole.Length; position++)
        {
            byte[] damaged = [.. whole];
            damaged[position] ^= (byte)(1 << position % 8);
            File.WriteAllBytes(Path("damaged"), damaged);
            Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path("damaged"), data), $"byte {position}").Message
                .ShouldContain(Path("damaged"));
        }
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        table.Save(Path());
        byte[] whole = File.ReadAllBytes(Path());
        for (int length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(Path("cut"), whole[..length]);
            Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path("cut"), data), $"{length} bytes").Message
                .ShouldContain(Path("cut"));
        }
    }

    [Fact]
    public void Losses_of_another_holdout_or_of_one_that_is_not_known_are_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfBytes([30, 10, 20], [0, 1, 2]), holdout = Examples.OfBytes([1, 2, 3], [0, 1, 2]);
        using LabeledDataset label = Examples.OfBytes([1, 2, 3], [0, 2, 1]);
        using LabeledDataset input = Examples.OfBytes([1, 2, 3], [0, 1, 2], bytes => bytes[0] ^= 4);
        using LabeledDataset fewer = holdout.Subset(tensor([1L, 2L]));
        IrreducibleLossFacts facts = FourCandidates.Facts;
        using (IrreducibleLosses table = IrreducibleLosses.From(zeros(3), data, facts with { Holdout = holdout.Fingerprint.Value }))
        {
            table.Save(Path());
        }
        using IrreducibleLosses loaded = IrreducibleLosses.Load(Path(), data), nameless = IrreducibleLosses.From(zeros(3), data, facts);

        Should.NotThrow(() => loaded.RequireSameHoldout(holdout));
        foreach (LabeledDataset other in new[] { label, input, fewer })
        {
            Should.Throw<InvalidInputException>(() => loaded.RequireSameHoldout(other, "il")).Message
                .ShouldStartWith("il was computed with another holdout (fingerprint ");
        }
        Should.Throw<InvalidInputException>(() => nameless.RequireSameHoldout(holdout, "il")).Message
            .ShouldStartWith("il does not say which holdout its losses are of");
    }

    [Fact]
    public void The_hash_of_a_table_is_of_its_losses_data_and_holdout_and_not_of_how_long_they_took()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfBytes([30, 10, 20], [0, 1, 2]), label = Examples.OfBytes([30, 10, 20], [0, 1, 0]);
        IrreducibleLossFacts facts = FourCandidates.Facts with { Holdout = "ab" };
        string HashOf(Tensor losses, LabeledDataset of, IrreducibleLossFacts with)
        {
            using IDisposable scope = NewDisposeScope();
            using IrreducibleLosses table = IrreducibleLosses.From(losses, of, with);
            return table.ContentHash();
        }
        string hash = HashOf(tensor([1f, 2, 3]), data, facts);

        HashOf(tensor([1f, 2, 3]), data, facts with { Seconds = 99 }).ShouldBe(hash);
        HashOf(tensor([1f, 2, 4]), data, facts).ShouldNotBe(hash);
        HashOf(tensor([1f, 2, 3]), label, facts).ShouldNotBe(hash);
        HashOf(tensor([1f, 2, 3]), data, facts with { Holdout = "ac" }).ShouldNotBe(hash);
    }

    [Fact]
    public void A_missing_file_or_one_of_another_format_is_refused_with_what_to_do()
    {
        using var check = new NoTensorLeaks();
        string missing = Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path("none"))).Message;
        missing.ShouldContain(Path("none"));
        missing.ShouldContain("Compute the losses with HoldoutTraining or CrossFit");
        SafetensorsFile.Write(Path(),
            new Dictionary<string, Tensor> { ["weight"] = zeros(2) }, new Dictionary<string, string> { ["format"] = "pt" });
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path())).Message
            .ShouldContain("not an irreducible-loss file: its format is 'pt'");
        File.WriteAllText(Path(), "label,loss\n1,0.5\n");
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path())).Message
            .ShouldContain("is not a safetensors file: it is text");
    }

    [Theory]
    [InlineData("classes", "three")]
    [InlineData("seed", "1.5")]
    [InlineData("accuracy", "high")]
    [InlineData("fingerprint", "0")]
    [InlineData("architecture", null)]
    public void Metadata_that_make_no_sense_are_an_input_error_too(string key, string? value)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        Rewrite(table, (_, metadata) =>
        {
            if (value is null) { metadata.Remove(key); } else { metadata[key] = value; }
        });
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path())).Message.ShouldContain(Path());
    }

    [Theory]
    [InlineData("irreducible_loss")]
    [InlineData("id")]
    [InlineData("label")]
    public void Columns_of_another_type_or_length_are_an_input_error_too(string column)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        Rewrite(table, (tensors, _) => tensors[column] = tensors[column].slice(0, 0, 3, 1));
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path())).Message.ShouldContain(Path());
        Rewrite(table, (tensors, _) => tensors[column] = tensors[column].to(float16));
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(Path())).Message.ShouldContain(Path());
    }

    [Fact]
    public void A_million_sparse_ids_are_looked_up()
    {
        using var check = new NoTensorLeaks();
        const int n = 1_000_000;
        Tensor ids = (arange(n, dtype: int64) * 1_000_003).flip(0);   // descending, with gaps, far beyond n
        using var data = new LabeledDataset(zeros(n, 1), zeros(n, dtype: int64), 1, ids.alias());
        using IrreducibleLosses table = IrreducibleLosses.From(arange(n, float32), data, FourCandidates.Facts);   // row r has loss r
        // Id j · 1,000,003 is in row n − 1 − j; float32 holds whole numbers up to 2^24 exactly.
        Examples.Values(table.Of(tensor([0L, 5 * 1_000_003L, 999_999 * 1_000_003L]))).ShouldBe([999_999, 999_994, 0]);
        Should.Throw<InvalidInputException>(() => table.Of(tensor([5 * 1_000_003L + 1]))).Message.ShouldContain("id 5000016 ");
    }

    /// <summary>Saves the table with a change, checksum and all: a file that another program made.</summary>
    private void Rewrite(IrreducibleLosses table, Action<Dictionary<string, Tensor>, Dictionary<string, string>> change)
    {
        table.Save(Path("original"));
        (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(Path("original"));
        change(tensors, metadata);
        SafetensorsFile.Write(Path(), tensors, metadata);
    }
}
