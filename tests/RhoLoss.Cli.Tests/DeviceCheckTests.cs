using RhoLoss.Cli.Doctor;

namespace RhoLoss.Cli.Tests;

/// <summary>What <c>rho doctor</c> says of devices.</summary>
public sealed class DeviceCheckTests
{
    [Theory]
    [InlineData(false, false, 0, "needs a build with -p:LibTorch=cuda, and NVIDIA's driver, which is not here")]
    [InlineData(false, true, 0, "needs a build with -p:LibTorch=cuda; NVIDIA's driver is here")]
    [InlineData(true, false, 0, "NVIDIA's driver is not here: --device cuda needs it")]
    [InlineData(true, true, 0, "no device is found: nvidia-smi")]
    [InlineData(true, true, 1, "finds 1 CUDA device: use --device cuda")]
    public void What_is_missing_for_cuda_is_said(bool forCuda, bool driver, int devices, string said) =>
        new DeviceCheck(forCuda, driver, devices).ToString().ShouldContain(said);
}
