using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using RhoLoss.Cli.Output;
using RhoLoss.Datasets;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Selection;
using RhoLoss.Training;

namespace RhoLoss.Cli.Commands;

/// <summary>The command line: exit code 0 done, 1 the run failed or was stopped, 2 bad input.</summary>
internal static class RhoCommand
{
    public const int Done = 0, Failed = 1, BadInput = 2;

    /// <summary>Parses and runs; never throws.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error) =>
        RunShown(args, new TerminalWriter(output), new TerminalWriter(error));

    private static int RunShown(string[] args, TerminalWriter output, TerminalWriter error)
    {
        var root = new RootCommand(
            "RhoLoss: prioritized training. Trains on the points that are learnable, worth learning, and not yet learnt.");
        root.Subcommands.Add(CompareCommand.Create(output, error));
        root.Subcommands.Add(TrainCommand.Create(output, error));
        root.Subcommands.Add(HoldoutCommand.Create(output, error));
        root.Subcommands.Add(PlanCommand.Create(output, error));
        root.Subcommands.Add(SweepCommand.Create(output, error));
        root.Subcommands.Add(ReproduceCommand.Create(output, error));
        root.Subcommands.Add(EvaluateCommand.Create(output, error));
        root.Subcommands.Add(InspectCommand.Create(output, error));
        root.Subcommands.Add(BenchCommand.Create(output, error));
        root.Subcommands.Add(DataCommand.Create(output, error));
        root.Subcommands.Add(ConfigCommand.Create(output, error));
        root.Subcommands.Add(DoctorCommand.Create(output, error));
        root.Subcommands.Add(ConvolutionCheckCommand.Create(output, error));

        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelp((HelpAction)help.Action!);
        root.WithExamples("rho compare quickstart", "rho compare --help");

        ParseResult parsed = root.Parse([.. args.Select(Expanded)]);
        string[] problems = parsed.Action is ExampleHelp ? [] : [.. Problems(parsed)];
        if (problems.Length > 0)
        {
            foreach (string problem in problems) { error.WriteLine($"rho: {problem}"); }
            error.WriteLine($"See `{Example(parsed)} --help`.");
            return BadInput;
        }
        return Guard(parsed, error, () =>
        {
            NativeConvolutions.Prepare();
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,   // signals mean: checkpoint and stop, see Interruptible
            });
        });
    }

    /// <summary>
    /// A word with <c>~</c> as a shell reads it, which does not look into quotes and behind <c>--option=</c>. No value but a path begins
    /// so; <c>--set key=~/data</c> is the recipe's.
    /// </summary>
    private static string Expanded(string word)
    {
        int value = word.StartsWith('-') ? word.IndexOfAny(['=', ':']) + 1 : 0;
        return word[..value] + HomeFolder.Expand(word[value..]);
    }

    /// <summary>
    /// What is wrong with a command line. The first word that has no place is the cause of what else is wrong, so it is named alone.
    /// </summary>
    private static IEnumerable<string> Problems(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.Count > 0) { return [Unplaced(parsed, parsed.UnmatchedTokens[0])]; }
        string[] absent = [.. Absent(parsed)];
        return absent.Length > 0 ? absent : parsed.Errors.Select(e => e.Message);
    }

    private static string Unplaced(ParseResult parsed, string token)
    {
        Command command = parsed.CommandResult.Command;
        bool option = token.StartsWith('-');
        string[] known = [.. option ? command.Options.Select(o => o.Name) : command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)];
        return known.Length == 0 ? $"`{Example(parsed)}` has no place for {token}."
            : $"`{Example(parsed)}` has no {(option ? "option" : "command")} {token}. The nearest is {NearestName.Of(token, known)}.";
    }

    /// <summary>Commands, arguments and values that have to be given and are not, or are empty.</summary>
    private static IEnumerable<string> Absent(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0 && command.Action is null && parsed.Errors.Count > 0)
        {
            yield return $"`{Example(parsed)}` needs a command: "
                + $"{string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))}.";
        }
        foreach (Argument argument in command.Arguments)
        {
            IReadOnlyList<Token> given = parsed.GetResult(argument)?.Tokens ?? [];
            if (given.Count == 0 ? argument.Arity.MinimumNumberOfValues > 0 : given.Any(t => t.Value.Length == 0))
            {
                string empty = given.Count == 0 ? "" : ", but it is empty";
                yield return $"`{Example(parsed)}` needs <{argument.Name}>{empty}: {argument.Description}.";
            }
        }
        foreach (Option option in command.Options)
        {
            if (parsed.GetResult(option) is not { Implicit: false } result) { continue; }
            if (result.Tokens.Count < option.Arity.MinimumNumberOfValues || result.Tokens.Any(t => t.Value.Length == 0))
            {
                yield return $"{option.Name} needs a value: {option.Name} <{option.HelpName}>. {option.Description}.";
            }
        }
    }

    private static int Guard(ParseResult parsed, TextWriter error, Func<int> run)
    {
        try
        {
            return run();
        }
        catch (InvalidInputException e)
        {
            error.WriteLine($"rho: {e.Message}{(e is DatasetFolderException ? $" {CommandAdvice.ForFolder(parsed)}" : "")}");
            return BadInput;
        }
        catch (Exception e) when (e is NonFiniteLossException or NonFiniteScoreException)
        {
            error.WriteLine($"rho: {e.Message}");
            return Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The machine's doing, a full disk for example: no fault of the program and so no trace of it.
            error.WriteLine(
                $"rho: reading or writing failed: {e.Message.TrimEnd('.')}. "
                + "Check the free space and the permissions there, and run it again.");
            return Failed;
        }
        catch (OperationCanceledException e)
        {
            error.WriteLine($"rho: {e.Message}");
            return Failed;
        }
        catch (Exception e) when (IsOutOfMemory(e))
        {
            error.WriteLine($"rho: the memory of this machine is not enough for these sizes. {CommandAdvice.ForMemory(parsed)}");
            return Failed;
        }
        catch (Exception e)
        {
            error.WriteDocument($"rho: unexpected failure, please report it: {e}");
            return Failed;
        }
    }

    /// <summary>.NET's, or LibTorch's by its words.</summary>
    private static bool IsOutOfMemory(Exception e) =>
        e is OutOfMemoryException || e.Message.Contains("can't allocate memory", StringComparison.Ordinal)
        || e.Message.Contains("not enough memory", StringComparison.Ordinal)   // on Windows
        || e.Message.Contains("CUDA out of memory", StringComparison.Ordinal)
        || e.Message.Contains("Storage size calculation overflowed", StringComparison.Ordinal);

    private static string Example(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (CommandResult? c = parsed.CommandResult; c is not null; c = c.Parent as CommandResult)
        {
            names.Push(c.Command is RootCommand ? "rho" : c.Command.Name);
        }
        return string.Join(' ', names);
    }
}
