using RhoLoss;
using RhoLoss.Cli;
using RhoLoss.Cli.Commands;

if (WorkingFolder.IsGone)
{
    Console.Error.WriteLine("rho: the current folder was removed; change to one that is there.");
    return RhoCommand.BadInput;
}
NativeThreads.UsePassiveWaiting();
NativeMemory.ReuseLargeBlocks();
return RhoCommand.Run(args, Console.Out, Console.Error);
