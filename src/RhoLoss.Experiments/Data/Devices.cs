using static TorchSharp.torch;

namespace RhoLoss.Experiments.Data;

/// <summary>
/// Finds the device a recipe names. CUDA is written for but untested: no such device was there where this was developed.
/// </summary>
public static class Devices
{
    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:1</c> and so on.</summary>
    /// <exception cref="InvalidInputException">The device is not there.</exception>
    public static Device Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == "cpu") { return CPU; }
        if (!cuda.is_available())
        {
            throw new InvalidInputException(
                $"machine.device is {name}, but this LibTorch finds no CUDA device. "
                + "Set machine.device to cpu, or build with -p:LibTorch=cuda where there is one; rho doctor says what is missing.");
        }
        return new Device(name);
    }
}
