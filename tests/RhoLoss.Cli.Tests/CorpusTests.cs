namespace RhoLoss.Cli.Tests;

public sealed class CorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CorpusTests()
    {
        Directory.CreateDirectory(_folder.File("mine/pool"));
        for (int i = 0; i < 20; i++)
        {
            File.WriteAllText(_folder.File($"mine/pool/{i}.txt"), $"document number {i} of a pool of documents");
        }
        File.WriteAllLines(_folder.File("mine/holdout.txt"), Enumerable.Repeat("what is wanted, in the words of its user.", 10));
        File.WriteAllLines(_folder.File("mine/test.txt"), Enumerable.Repeat("what is tested on, in other words.", 10));
        File.WriteAllText(_folder.File("mine.toml"), $"""
            [data]
            set = "corpus"
            directory = '{_folder.File("mine")}'
            sequence-length = 16
            [model]
            name = "gpt-nano"
            [training]
            method = "moore-lewis"
            steps = 2
            evaluations = 1
            batch-size = 4
            large-batch-size = 16
            """);
    }

    [Fact]
    public void Documents_are_checked_shown_trained_on_and_evaluated()
    {
        Answer check = Rho.Run("data", "check", _folder.File("mine"));
        // A document of 40 bytes is one sequence; 420 and 350 bytes are two of 256.
        check.Output.ShouldContain("training 20; holdout 2; test 2");

        Answer show = Rho.Run("data", "show", "3", "--recipe", _folder.File("mine.toml"));
        show.Output.ShouldContain($"{_folder.File("mine/pool/1.txt")}, byte 16");
        show.Output.ShouldContain("16 bytes");

        Answer train = Rho.Run("train", _folder.File("mine.toml"), "--out", _folder.File("run"));
        train.Code.ShouldBe(0, train.Error);
        train.Output.ShouldContain("final bits per byte");
        train.Output.ShouldMatch(
            "\nn-grams of the holdout up to 5: [0-9.]+ s; the model itself: [0-9.]+ bits per byte on the test set\\.\n");

        Answer evaluate = Rho.Run("evaluate", _folder.File("run"));
        evaluate.Output.ShouldContain("\nbits per byte: ");
        evaluate.Output.ShouldNotContain("worst class");
    }

    public void Dispose() => _folder.Dispose();
}
