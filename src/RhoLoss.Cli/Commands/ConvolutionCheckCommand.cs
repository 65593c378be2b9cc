using System.CommandLine;
using RhoLoss.Cli.Doctor;

namespace RhoLoss.Cli.Commands;

/// <summary>
/// <c>rho check-convolutions</c>, which <c>rho doctor</c> runs in a process of its own, since wrong convolutions can end it.
/// </summary>
internal static class ConvolutionCheckCommand
{
    public const string Name = "check-convolutions";

    public static Command Create(TextWriter output, TextWriter error)
    {
        var command = new Command(Name, "Computes convolutions and their gradients and compares them with a reference.") { Hidden = true };
        command.SetAction(_ =>
        {
            TorchSharp.torch.set_num_threads(1);
            try
            {
                output.WriteLine(ConvolutionCheck.Run());
                return RhoCommand.Done;
            }
            catch (InvalidOperationException e)
            {
                error.WriteLine(e.Message);
                return RhoCommand.Failed;
            }
        });
        return command;
    }
}
