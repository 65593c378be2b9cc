using System.Text.Json.Nodes;
using RhoLoss.Cli.Commands;

namespace RhoLoss.Cli.Tests;

/// <summary>What a command answered.</summary>
internal sealed record Answer(int Code, string Output, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The output as one JSON document; anything before or after it is a failure.</summary>
    public JsonNode Json()
    {
        Code.ShouldBe(0, Error);
        return JsonNode.Parse(Output).ShouldNotBeNull();
    }
}

/// <summary>The command line inside this process.</summary>
internal static class Rho
{
    public static Answer Run(params string[] args)
    {
        using StringWriter output = new(), error = new();
        int threads = torch.get_num_threads();
        try
        {
            int code = RhoCommand.Run(args, output, error);
            return new Answer(code, output.ToString(), error.ToString());
        }
        finally
        {
            torch.set_num_threads(threads);   // the process's: a command sets what its recipe says, and doctor all there are
        }
    }
}
