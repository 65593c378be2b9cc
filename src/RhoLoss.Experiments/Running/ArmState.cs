using System.Text.Json;
using RhoLoss.Experiments.Runs;

namespace RhoLoss.Experiments.Running;

/// <summary>What an arm keeps of itself as JSON, in its checkpoints and when it is done.</summary>
internal static class ArmState
{
    private static readonly JsonSerializerOptions Strict = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new FiniteNumber() },
    };

    /// <summary>The value as JSON.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Strict);

    /// <summary>Reads what <see cref="Write"/> gave.</summary>
    /// <param name="json">The text.</param>
    /// <param name="where">Where it stands, for the error.</param>
    /// <param name="fix">What to do, for the error.</param>
    /// <exception cref="InvalidInputException">It is something else.</exception>
    public static T Read<T>(string json, string where, string fix)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Strict) ?? throw new JsonException("It holds null.");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException($"{where} is damaged: {JsonFault.Of(e)}. {fix}", e);
        }
    }

    /// <summary>The entries of an arm so far: none of them is absent.</summary>
    /// <exception cref="InvalidInputException">One is.</exception>
    public static IReadOnlyList<EpochResult> Checked(IReadOnlyList<EpochResult?> epochs, string where, string fix) =>
        [.. epochs.Select(e => e ?? throw new InvalidInputException($"{where} is damaged: an epoch is null. {fix}"))];
}
