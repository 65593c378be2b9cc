using System.Text.Json.Nodes;
using RhoLoss.Tests.Support;

namespace RhoLoss.Cli.Tests;

/// <summary>
/// What <c>rho doctor</c> says. It takes seconds of every core and sets the threads of the process, so each way of asking is asked once,
/// and nothing else runs beside it.
/// </summary>
[Collection(TakesTheProcess.Name)]
public sealed class DoctorTests
{
    private static readonly Lazy<Answer> Text = new(() => Rho.Run("doctor"));
    private static readonly Lazy<Answer> Json = new(() => Rho.Run("doctor", "--json"));

    // In a process of its own: the setting of memory is made at the start of the program and is for the thread it starts on.
    private static readonly Lazy<Answer> TextOfProcess = new(() => RhoProcess.Run("doctor"));

    [Fact]
    public void This_machine_is_fit()
    {
        Text.Value.Code.ShouldBe(0, Text.Value.Output);
        Text.Value.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ShouldAllBe(line => line.StartsWith("ok  ", StringComparison.Ordinal));
    }

    [Fact]
    public void There_are_no_colours_where_there_is_no_terminal()
    {
        TextOfProcess.Value.Code.ShouldBe(Text.Value.Code);
        foreach (Answer answer in new[] { Text.Value, TextOfProcess.Value }) { (answer.Output + answer.Error).ShouldNotContain('\u001b'); }
    }

    [Fact]
    public void As_JSON_it_is_one_document() => Json.Value.Json().AsArray().All(f => f!["ok"]!.GetValue<bool>()).ShouldBeTrue();

    [Fact]
    public void The_program_reuses_the_memory_of_large_tensors()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a setting of glibc");

        string[] findings = TextOfProcess.Value.Output.Split('\n');
        findings.ShouldContain(l => l.Contains("tensors of 64 MiB reuse the memory of freed ones"), string.Join('\n', findings));
    }

    [Fact]
    public void The_build_that_is_loaded_is_known()
    {
        string text = FindingOf(Json.Value, "device")["text"]!.GetValue<string>();
        // The package that this test was built with decides it, and only the build for CUDA has the file.
        bool forCuda = File.Exists(Path.Combine(AppContext.BaseDirectory, "libtorch_cuda.so"));
        text.ShouldStartWith(forCuda ? "LibTorch for CUDA" : "LibTorch for the processor");
    }

    [Fact]
    public void The_path_of_convolutions_is_named_and_found_right()
    {
        JsonNode finding = FindingOf(Json.Value, "convolutions");
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
        JsonNode finding = FindingOf(RhoProcess.RunWith(NativeConvolutions.Variable, path, "doctor", "--json"), "convolutions");
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

    private static JsonNode FindingOf(Answer answer, string subject) =>
        answer.Json().AsArray().Single(f => f!["subject"]!.GetValue<string>() == subject)!;
}
