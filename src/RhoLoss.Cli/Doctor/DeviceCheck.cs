using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;

namespace RhoLoss.Cli.Doctor;

/// <summary>Which build of LibTorch is loaded, what devices it finds, and what <c>--device cuda</c> would need.</summary>
/// <param name="ForCuda">Whether the build of LibTorch that is loaded has its part for CUDA.</param>
/// <param name="Driver">Whether NVIDIA's driver is installed.</param>
/// <param name="Devices">How many CUDA devices LibTorch finds.</param>
internal sealed record DeviceCheck(bool ForCuda, bool Driver, int Devices)
{
    /// <summary>Looks at this process and machine; native libraries are loaded by then.</summary>
    public static DeviceCheck Look()
    {
        bool found = torch.cuda.is_available();
        return new DeviceCheck(found || HasCudaPart(), found || HasDriver(), found ? torch.cuda.device_count() : 0);
    }

    /// <summary>What there is, and what is missing.</summary>
    public override string ToString()
    {
        if (Devices > 0)
        {
            return $"LibTorch for CUDA finds {Counted.Of(Devices, "CUDA device")}: use --device cuda (machine.device); untested so far";
        }
        string cpu = "LibTorch for the processor: --device cuda needs a build with -p:LibTorch=cuda";
        return (ForCuda, Driver) switch
        {
            (false, false) => $"{cpu}, and NVIDIA's driver, which is not here",
            (false, true) => $"{cpu}; NVIDIA's driver is here",
            (true, false) => "LibTorch for CUDA, but NVIDIA's driver is not here: --device cuda needs it",
            (true, true) => "LibTorch for CUDA and NVIDIA's driver are here, but no device is found: nvidia-smi tells what the driver sees",
        };
    }

    /// <summary>Beside the library that was loaded; only the build for CUDA has the other.</summary>
    private static bool HasCudaPart()
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>()
            .Where(module => Path.GetFileName(module.FileName) is "libtorch_cpu.so" or "torch_cpu.dll")
            .Select(module => Path.GetDirectoryName(module.FileName)!)
            .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "torch_cuda.dll" : "libtorch_cuda.so")));
    }

    private static bool HasDriver()
    {
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out nint driver)) { return false; }
        NativeLibrary.Free(driver);
        return true;
    }
}
