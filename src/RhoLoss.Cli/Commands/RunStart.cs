using System.CommandLine;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;

namespace RhoLoss.Cli.Commands;

/// <summary>
/// The run folder of a command, held while the command writes it: a new one with the resolved recipe in it, or the one to resume.
/// </summary>
internal sealed class RunStart : IDisposable
{
    /// <summary>Where runs go that name no folder.</summary>
    public const string DefaultRoot = "runs";

    private readonly IDisposable? _held;

    private RunStart(Recipe recipe, RunFolder folder, bool resumed, IDisposable? held)
    {
        Recipe = recipe;
        Folder = folder;
        Resumed = resumed;
        _held = held;
    }

    /// <summary>The command as given, for <c>environment.json</c>.</summary>
    public static string CommandLine => string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Prepend("rho"));

    /// <summary>The recipe of the run.</summary>
    public Recipe Recipe { get; }

    /// <summary>Its folder.</summary>
    public RunFolder Folder { get; }

    /// <summary>Whether the run was there already.</summary>
    public bool Resumed { get; }

    /// <summary>Opens the folder that a command line asks for.</summary>
    /// <exception cref="InvalidInputException">The recipe breaks a rule, or the folder is not there, holds a run or is being
    /// written; nothing was written.</exception>
    public static RunStart Open(
        ParseResult parsed, CommonOptions common, string? resume, Action<Recipe> validate, IReadOnlyList<string>? more = null)
    {
        string? name = parsed.GetValue(common.Recipe);
        List<string> overrides = [.. common.Overrides(parsed), .. more ?? []];
        string? directory = parsed.GetValue(common.Out);
        if (resume is not null)
        {
            if (name is not null || overrides.Count > 0 || directory is not null)
            {
                throw new InvalidInputException(
                    "--resume continues a run as it was started, so it takes neither a recipe nor --out nor anything that changes "
                    + "the recipe. Give --resume FOLDER alone.");
            }
            return Resume(RunFolder.Open(resume), validate);
        }
        if (name is null)
        {
            throw new InvalidInputException(
                $"Give a recipe ({string.Join(", ", RecipeLoader.ShippedNames)}, or the path of a TOML file), or --resume FOLDER.");
        }

        ResolvedRecipe resolved = RecipeLoader.Load(name, overrides);
        validate(resolved.Recipe);
        RunPlace.Require(resolved.Recipe, directory ?? DefaultRoot);
        RunFolder folder = directory is null ? RunFolder.Create(DefaultRoot, resolved.Recipe.Name) : RunFolder.CreateAt(directory);
        IDisposable held = folder.Hold();
        try
        {
            IReadOnlyList<string> notes = RecipeNotes.Of(resolved);
            folder.WriteConfig(resolved.ToToml(), notes);
            NoteLines.Write(parsed.InvocationConfiguration.Error, notes);
            return new RunStart(resolved.Recipe, folder, resumed: false, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static RunStart Resume(RunFolder folder, Action<Recipe> validate)
    {
        Recipe stored = RecipeLoader.Load(folder.ConfigPath, []).Recipe;
        validate(stored);
        if (folder.IsComplete) { return new RunStart(stored, folder, resumed: true, held: null); }   // which is only read
        IDisposable held = folder.Hold();
        try
        {
            folder.EnsureWritable();
            return new RunStart(stored, folder, resumed: true, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs a command in its folder. A new run that ends before anything was trained leaves no folder behind: there is nothing to continue,
    /// and the same command has to find its place free. One that was stopped is continued, so it stays.
    /// </summary>
    public T Run<T>(Func<MachineSummary, T> run)
    {
        try
        {
            return run(RecordEnvironment());
        }
        catch (Exception e) when (!Resumed && e is not OperationCanceledException)
        {
            Dispose();
            Folder.Discard();
            throw;
        }
    }

    /// <summary>Lets the folder go.</summary>
    public void Dispose() => _held?.Dispose();

    /// <summary>Writes <c>environment.json</c>, unless the run is finished, and returns its short form.</summary>
    private MachineSummary RecordEnvironment()
    {
        EnvironmentReport report = EnvironmentReport.Capture(
            DateTimeOffset.UtcNow, Recipe.Machine.Threads, Recipe.Machine.Device, CommandLine);
        if (!Folder.IsComplete) { report.Save(Folder.EnvironmentPath); }
        return MachineSummary.From(report);
    }
}
