using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace RhoLoss.Cli.Commands;

/// <summary>The usual help, and below it the examples of the command.</summary>
internal sealed class ExampleHelp(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly ConditionalWeakTable<Command, string[]> Examples = [];

    public override bool ClearsParseErrors => true;

    public static void Register(Command command, string[] examples) => Examples.Add(command, examples);

    public override int Invoke(ParseResult parseResult)
    {
        int result = usual.Invoke(parseResult);
        if (Examples.TryGetValue(parseResult.CommandResult.Command, out string[]? examples))
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(Counted.Word(examples.Length, "Example:", "Examples:"));
            foreach (string example in examples) { output.WriteLine($"  {example}"); }
            output.WriteLine();
        }
        return result;
    }
}

/// <summary>Gives a command examples for its help.</summary>
internal static class CommandExamples
{
    public static Command WithExamples(this Command command, params string[] examples)
    {
        ExampleHelp.Register(command, examples);
        return command;
    }
}
