using RhoLoss;
using RhoLoss.Cli;
using RhoLoss.Cli.Commands;

NativeThreads.UsePassiveWaiting();
NativeMemory.ReuseLargeBlocks();
return RhoCommand.Run(args, Console.Out, Console.Error);
