using System.Text.RegularExpressions;

namespace RhoLoss.Pretrained;

/// <summary>What the source in a TorchScript file says of layers, which are no objects of C# there.</summary>
internal static partial class ScriptCode
{
    private const int Milliseconds = 10_000;

    /// <summary>
    /// Refuses code that would go wrong without a word: a mode that torch.jit.trace wrote down, an attribute that a pass replaces, and
    /// statistics that belong to InstanceNorm.
    /// </summary>
    /// <param name="model">For the message.</param>
    /// <param name="code">Of the file.</param>
    /// <exception cref="InvalidInputException">The message names the operation or attribute.</exception>
    public static void Require(string model, string code)
    {
        if (Recorded().Match(code) is { Success: true } recorded)
        {
            string mode = recorded.Groups["mode"].Value == "True" ? "train" : "eval";
            throw new InvalidInputException(
                $"{model} was recorded by torch.jit.trace in {mode} mode: {recorded.Groups["operation"].Value} stays in it for ever, and "
                + "train() and eval() do nothing to it. Save it with torch.jit.script(model).save(path), which keeps both modes.");
        }
        if (Assigned().Match(code) is { Success: true } assigned)
        {
            string name = assigned.Groups["name"].Value;
            throw new InvalidInputException(
                $"{model} replaces its attribute {name} while it runs, so that neither a checkpoint would hold it nor scoring put it back. "
                + $"Register it with register_buffer and write into it in place (self.{name}.copy_(…)), and save the model again.");
        }
        if (Classes(code).Any(c => c.Contains("\"running_mean\"", StringComparison.Ordinal)
            && c.Contains("instance_norm", StringComparison.Ordinal)))
        {
            throw new InvalidInputException(
                $"{model} has InstanceNorm with running statistics, which cannot be told from BatchNorm here. "
                + "Save it with track_running_stats=False, or write the network in TorchSharp.");
        }
    }

    /// <summary>Whether a convolution may have a stride above one.</summary>
    public static bool MayStride(string code) => Convolution().Matches(code).Select(m => m.Groups["stride"])
        .Any(stride => !stride.Success || stride.Value.Split(", ").Any(step => step != "1"));

    private static string[] Classes(string code) => ClassStart().Split(code);

    [GeneratedRegex(@"^class ", RegexOptions.Multiline | RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex ClassStart();

    // torch.dropout(input, p, train), torch.batch_norm(input, weight, bias, mean, variance, train, momentum, eps, cudnn) and
    // torch.lstm(…, dropout, train, bidirectional, batch_first), where train is no variable.
    [GeneratedRegex(
        @"torch\.(?<operation>\w*dropout_?)\([^\n]*, (?<mode>True|False)\)$"
        + @"|torch\.(?<operation>batch_norm)\([^\n]*, (?<mode>True|False), [^,\n]+, [^,\n]+, (True|False)\)$"
        + @"|torch\.(?<operation>instance_norm)\([^\n]*, (?<mode>False), [^,\n]+, [^,\n]+, (True|False)\)$"
        + @"|torch\.(?<operation>lstm|gru|rnn_tanh|rnn_relu)\([^\n]*, (?!0\.,)[\d.e-]+, (?<mode>True|False), (True|False), (True|False)\)$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex Recorded();

    [GeneratedRegex(@"^ +self\.(?<name>\w+) = ",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex Assigned();

    [GeneratedRegex(@"torch\.(conv[123]d|_convolution)\((\w+, \w+, \w+, \[(?<stride>[\d, ]+)\])?",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex Convolution();
}
