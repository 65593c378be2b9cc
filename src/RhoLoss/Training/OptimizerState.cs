using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>TorchSharp's optimizer state as bytes (uint8, shape [n]), so that it travels in a checkpoint.</summary>
internal static class OptimizerState
{
    public static Tensor Save(optim.Optimizer optimizer)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer)) { ((TorchSharp.Modules.OptimizerHelper)optimizer).save_state_dict(writer); }
        return tensor(buffer.ToArray(), dtype: ScalarType.Byte);
    }

    public static void Load(optim.Optimizer optimizer, Tensor state)
    {
        using var reader = new BinaryReader(new MemoryStream(state.bytes.ToArray(), writable: false));
        ((TorchSharp.Modules.OptimizerHelper)optimizer).load_state_dict(reader);
    }
}
