using RhoLoss.Cli;
using RhoLoss.Cli.Commands;

NativeThreads.UsePassiveWaiting();
return RhoCommand.Run(args, Console.Out, Console.Error);
