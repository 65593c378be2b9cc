namespace RhoLoss.Reliability.Kills;

/// <summary>A command whose runs are killed, with a recipe so small that a run takes seconds.</summary>
/// <param name="Command"><c>train</c> or <c>compare</c>.</param>
internal sealed record RunKind(string Command)
{
    /// <summary>
    /// The built-in data, an MLP, one thread; checkpoints so often that kills find them, and large enough that writing takes a while.
    /// </summary>
    private static readonly string[] Settings =
    [
        "training.methods=[\"uniform\", \"rho-loss\"]", "training.method=\"rho-loss\"", "training.epochs=2", "training.seeds=[0]",
        "model.hidden=[128]", "irreducible-loss.hidden=[32]", "irreducible-loss.epochs=1",
        "checkpoints.every-epochs=1", "checkpoints.every-steps=4", "report.log-every-steps=2", "machine.threads=1",
    ];

    /// <summary>Both commands.</summary>
    public static IReadOnlyList<RunKind> All { get; } = [new("train"), new("compare")];

    /// <summary>Arguments that start a run in a folder, with irreducible losses of its own, so that every run trains them itself.</summary>
    public string[] StartIn(string folder) =>
        [Command, "quickstart", .. Settings.SelectMany(setting => new[] { "--set", setting }), "--set",
            $"irreducible-loss.file={IrreducibleLossFileOf(folder)}", "--out", folder, "--quiet"];

    /// <summary>Arguments that go on: from the beginning where the run was killed before it had stored its recipe.</summary>
    public string[] GoOnIn(string folder) => File.Exists(Path.Combine(folder, "config.toml")) ? [Command, "--resume", folder,
        "--quiet"] : StartIn(folder);

    /// <summary>Beside the run folder.</summary>
    public static string IrreducibleLossFileOf(string folder) => folder + ".il.safetensors";
}
