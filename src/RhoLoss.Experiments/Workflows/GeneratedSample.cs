using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Models;
using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Workflows;

/// <summary>What a language model writes when it goes on with the beginning of the first test document.</summary>
/// <param name="Place">Where the document is.</param>
/// <param name="Prompt">Its beginning.</param>
/// <param name="Text">What the model wrote behind it; bytes that are no UTF-8 are U+FFFD.</param>
/// <param name="Tokens">Tokens drawn; the text ends before them where the model began another document.</param>
/// <param name="Temperature">Logits were divided by it.</param>
/// <param name="TopK">Drawn from that many likeliest tokens.</param>
/// <param name="Seed">Of the draws.</param>
public sealed record GeneratedSample(string Place, string Prompt, string Text, int Tokens, double Temperature, int TopK, long Seed)
{
    /// <summary>Tokens that are drawn unless another number is asked for, and the most.</summary>
    public const int UsualTokens = 200, MostTokens = 10_000;

    private const int PromptBytes = 64, PromptPieces = 16;

    /// <summary>Whether the networks of these data write texts.</summary>
    internal static bool IsOf(ExperimentData data) => data.TextOfTokens is not null;

    /// <summary>Lets a language model write; the same of the same model.</summary>
    /// <param name="model">Ids [n, T] to logits [n, T, V].</param>
    /// <param name="data">Its data.</param>
    /// <param name="count">Tokens to draw.</param>
    internal static GeneratedSample Of(nn.Module<Tensor, Tensor> model, ExperimentData data, int count)
    {
        using IDisposable scope = NewDisposeScope();
        Batch first = data.Test.Gather(data.Test.Ids.slice(0, 0, 1, 1));
        int context = (int)data.Test.InputShape[0];
        // The inputs are the start token and what follows it.
        int length = data.Objective is TokenCrossEntropy { TokensAreBytes: true } ? PromptBytes : PromptPieces;
        length = (int)Math.Min(Math.Min(length, context / 2), data.Test.Labels[0].item<long>());   // the label is the sequence's length
        long[] prompt = [.. first.Inputs.cpu().data<long>().Take(1 + length)];
        var sampler = new TextSampler { Context = context, Temperature = 0.8, TopK = 40 };
        const long seed = 0;
        long[] drawn = sampler.Continue(model, prompt, count, seed);
        string place = data.Places?.OfTest(data.Test.Ids[0].item<long>()).ToString() ?? data.Name;
        (string before, string after) = (data.TextOfTokens!(prompt.Skip(1), true), data.TextOfTokens(drawn, false));
        return new GeneratedSample(place, before, after, count, sampler.Temperature, sampler.TopK, seed);
    }
}
