using RhoLoss.Reliability.Fuzz.Readers;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>Every way in from outside.</summary>
internal static class AllReaders
{
    private static readonly (string Name, Func<FuzzReader> Create)[] Table =
    [
        ("idx", () => new IdxReader()),
        ("cifar", () => new CifarReader()),
        ("npy", () => new NpyReader()),
        ("archives", () => new ArchiveReader()),
        ("texts", () => new TextsReader()),
        ("glue", () => new GlueReader()),
        ("vocabulary", () => new VocabularyReader()),
        ("corpus", () => new CorpusReader()),
        ("labels", () => new LabelFileReader()),
        ("key-lists", () => new KeyListReader()),
        ("images", () => new ImageReader()),
        ("recipe", () => new RecipeReader()),
        ("run-files", () => new RunFileReader()),
        ("safetensors", () => new SafetensorsReader()),
        ("weights", () => new WeightReader()),
        ("checkpoint", () => new CheckpointReader()),
        ("plan", () => new PlanReader()),
        ("irreducible-losses", () => new IrreducibleLossReader()),
        ("loss-texts", () => new LossTextReader()),
        ("scripts", () => new ScriptReader()),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Table.Select(reader => reader.Name)];

    /// <summary>Makes one; its caller disposes it.</summary>
    public static FuzzReader Create(string name) =>
        Table.Where(reader => reader.Name == name).Select(reader => reader.Create()).FirstOrDefault()
        ?? throw new ArgumentException($"There is no reader '{name}'. There are {string.Join(", ", Names)}.", nameof(name));
}
