using System.Text.Json.Nodes;
using RhoLoss.Cli.Doctor;
using RhoLoss.Models;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;
using Conv2d = TorchSharp.Modules.Conv2d;

namespace RhoLoss.Cli.Tests;

/// <summary>What <c>rho doctor</c> says of convolutions: the path that training takes, tried in a process of its own.</summary>
public sealed class ConvolutionTests
{
    [Fact]
    public void The_doctor_names_the_path_and_finds_it_right()
    {
        JsonNode finding = FindingOf(Rho.Run("doctor", "--json"));
        finding["ok"]!.GetValue<bool>().ShouldBeTrue(finding.ToJsonString());
        finding["path"]!.GetValue<string>().ShouldBe(NativeConvolutions.NameOf(NativeConvolutions.Path));
        finding["text"]!.GetValue<string>().ShouldContain("92 convolutions");   // 23 shapes, two precisions, two layouts
    }

    // The safe paths, forced: on a machine that reports its caches they are not taken otherwise.
    [Theory]
    [InlineData("onednn-default-caches")]
    [InlineData("onednn-sse41")]
    public void A_safe_path_is_right_on_every_machine(string path)
    {
        bool linuxOnX64 = OperatingSystem.IsLinux() && System.Runtime.Intrinsics.X86.X86Base.X64.IsSupported;
        Assert.SkipUnless(linuxOnX64, "the paths of LibTorch for Linux on x64");
        JsonNode finding = FindingOf(RhoProcess.RunWith(NativeConvolutions.Variable, path, "doctor", "--json"));
        finding["ok"]!.GetValue<bool>().ShouldBeTrue(finding.ToJsonString());
        finding["path"]!.GetValue<string>().ShouldBe(path);
    }

    [Fact]
    public void A_path_that_does_not_exist_is_refused_with_those_that_do()
    {
        Answer answer = RhoProcess.RunWith(NativeConvolutions.Variable, "fast", "doctor");
        answer.Code.ShouldBe(2);
        answer.Error.Trim().ShouldBe(
            "rho: RHOLOSS_CONVOLUTIONS must be onednn-default-caches or onednn-sse41, but is 'fast'. "
            + "Set one of them, or remove the variable.");
    }

    [Fact]
    public void The_check_has_every_convolution_of_the_small_CNN_and_the_ResNet_18()
    {
        using var check = new NoTensorLeaks();
        using var cnn = new SmallCnn([3, 32, 32], 10, seed: 0);
        using ResNet resnet = ResNet.ResNet18(3, 10, seed: 0);
        string[] used = [.. ShapesOf(cnn).Concat(ShapesOf(resnet)).Distinct()];
        // Three layers; the first and its stage, then a step down, its shortcut and its stage three times.
        used.Length.ShouldBe(3 + 2 + 3 * 3);
        used.ShouldBeSubsetOf(ConvolutionShape.OfOurNetworks.Select(s => $"{s.From}→{s.To} {s.Kernel}/{s.Stride}/{s.Padding} at {s.Side}"));
    }

    private static List<string> ShapesOf(nn.Module<Tensor, Tensor> model)
    {
        List<string> seen = [];
        foreach (Conv2d layer in model.modules().OfType<Conv2d>())
        {
            layer.register_forward_pre_hook((_, input) =>
            {
                Tensor weight = layer.weight;
                seen.Add(
                    $"{weight.shape[1]}→{weight.shape[0]} {weight.shape[2]}/{layer.stride[0]}/{layer.padding![0]} at {input.shape[2]}");
                return input;
            });
        }
        using IDisposable _ = no_grad();
        model.forward(zeros(1, 3, 32, 32)).Dispose();
        return seen;
    }

    private static JsonNode FindingOf(Answer answer) =>
        answer.Json().AsArray().Single(f => f!["subject"]!.GetValue<string>() == "convolutions")!;
}
