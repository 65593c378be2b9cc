using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

public sealed class CheckpointTests
{
    [Fact]
    public void Values_and_tensors_come_back_exactly()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var checkpoint = new Checkpoint();
        // Bits that a text would lose.
        checkpoint.Tensors["weights"] = tensor([0.1f, float.NaN, float.NegativeInfinity, -0f, float.Epsilon]);
        checkpoint.Set("long", long.MinValue);
        checkpoint.Set("double", 0.1 + 0.2);   // 0.30000000000000004: not 0.3
        checkpoint.Values["text"] = "a=b\n\"c\" é";
        checkpoint.Save(folder.File("c"));

        Checkpoint read = Checkpoint.Load(folder.File("c"));
        Toys.Bits(read.Tensor("weights")).ShouldBe(Toys.Bits(checkpoint.Tensor("weights")));
        read.GetLong("long").ShouldBe(long.MinValue);
        read.GetDouble("double").ShouldBe(0.1 + 0.2);
        read.Get("text").ShouldBe("a=b\n\"c\" é");
    }

    [Fact]
    public void A_missing_name_is_an_error_with_file_and_name()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        new Checkpoint().Save(folder.File("c"));
        Checkpoint read = Checkpoint.Load(folder.File("c"));
        Should.Throw<InvalidInputException>(() => read.Get("x")).Message.ShouldContain($"{folder.File("c")} has no value 'x'");
        Should.Throw<InvalidInputException>(() => read.Tensor("x")).Message.ShouldContain($"{folder.File("c")} has no tensor 'x'");
        Should.Throw<InvalidInputException>(() => new Checkpoint().GetLong("x")).Message.ShouldContain("The checkpoint has no value 'x'");
    }

    [Theory]
    [InlineData("")]
    [InlineData("many")]
    [InlineData("9223372036854775808")]   // one more than the largest long
    public void A_value_that_is_no_number_is_an_error_with_file_name_and_value(string value)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        var checkpoint = new Checkpoint();
        checkpoint.Values["steps"] = value;
        checkpoint.Values["seconds"] = value.Replace("9223372036854775808", "1.5.5", StringComparison.Ordinal);
        checkpoint.Save(folder.File("c"));
        Checkpoint read = Checkpoint.Load(folder.File("c"));
        Should.Throw<InvalidInputException>(() => read.GetLong("steps")).Message
            .ShouldStartWith($"{folder.File("c")} has the value 'steps' = '{value}', but it must be a whole number of 64 bits.");
        Should.Throw<InvalidInputException>(() => read.GetDouble("seconds")).Message.ShouldContain("but it must be a number.");
    }

    [Fact]
    public void A_safetensors_file_of_another_kind_is_no_checkpoint()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        SafetensorsFile.Write(folder.File("c"),
            new Dictionary<string, Tensor>(), new Dictionary<string, string> { ["format"] = "other/1" });
        Should.Throw<InvalidInputException>(() => Checkpoint.Load(folder.File("c"))).Message
            .ShouldContain("is not a checkpoint: its format is 'other/1'");
    }

    [Fact]
    public void A_missing_file_is_an_error_with_its_path()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Should.Throw<InvalidInputException>(() => Checkpoint.Load(folder.File("none"))).Message.ShouldContain(folder.File("none"));
        // A folder, not a file.
        Should.Throw<InvalidInputException>(() => Checkpoint.Load(folder.Path)).Message.ShouldContain(folder.Path);
    }

    [Fact]
    public void No_flipped_bit_of_a_checkpoint_is_accepted()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        string path = folder.File("c");
        var checkpoint = new Checkpoint();
        checkpoint.Tensors["w"] = tensor([1f, 2f]);
        checkpoint.Set("steps", 7);
        checkpoint.Save(path);
        byte[] whole = File.ReadAllBytes(path);
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] damaged = [.. whole];
            damaged[bit / 8] ^= (byte)(1 << bit % 8);
            File.WriteAllBytes(path, damaged);
            Should.Throw<InvalidInputException>(() => Checkpoint.Load(path), $"bit {bit % 8} of byte {bit / 8}");
        }
    }
}
