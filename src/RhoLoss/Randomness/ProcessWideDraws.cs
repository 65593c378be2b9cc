using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Randomness;

/// <summary>Which models may draw from the generator of the process in a forward pass.</summary>
internal static class ProcessWideDraws
{
    // Layers of TorchSharp that draw, or may, by their parameters.
    private static readonly HashSet<Type> Drawing =
    [
        typeof(Dropout), typeof(Dropout1d), typeof(Dropout2d), typeof(Dropout3d), typeof(AlphaDropout), typeof(FeatureAlphaDropout),
        typeof(RReLU), typeof(MultiheadAttention), typeof(RNN), typeof(LSTM), typeof(GRU), typeof(Transformer),
        typeof(TransformerEncoder), typeof(TransformerEncoderLayer), typeof(TransformerDecoder), typeof(TransformerDecoderLayer),
    ];

    /// <summary>
    /// False only if every layer is of this library or of RhoLoss.Models, or of TorchSharp and known not to draw: all others, a user's own
    /// classes and TorchScript among them, may call anything.
    /// </summary>
    public static bool Possible(nn.Module model) =>
        model.named_modules().Select(m => m.module).Prepend(model).Any(m => MayDraw(m.GetType()));

    /// <summary>Whether a layer of this type may.</summary>
    internal static bool MayDraw(Type layer) =>
        !layer.Assembly.IsDefined(typeof(DrawsByItsLayersAloneAttribute), inherit: false)
        && (layer.Namespace != typeof(Dropout).Namespace || Drawing.Contains(layer));
}
