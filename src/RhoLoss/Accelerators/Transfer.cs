using static TorchSharp.torch;

namespace RhoLoss.Accelerators;

/// <summary>Brings tensors to the device that computes.</summary>
internal static class Transfer
{
    /// <summary>
    /// The tensor itself where it is there already, else a copy in the caller's dispose scope. From the host to a CUDA device it goes
    /// through page-locked memory: an ordinary copy waits until the device has done all that it was told before.
    /// </summary>
    public static Tensor To(Tensor tensor, Device device)
    {
        if (IsOn(tensor, device)) { return tensor; }
        if (tensor.device_type != DeviceType.CPU || device.type != DeviceType.CUDA) { return tensor.to(device); }
        using Tensor locked = tensor.pin_memory();   // LibTorch keeps the memory until the copy is done
        return locked.to(device, copy: false, disposeAfter: false, non_blocking: true);
    }

    /// <summary>Whether a tensor is on that device; <c>cuda</c> without a number is any.</summary>
    public static bool IsOn(Tensor tensor, Device device) =>
        tensor.device_type == device.type && (device.type == DeviceType.CPU || device.index < 0 || tensor.device_index == device.index);
}
