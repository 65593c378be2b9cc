using RhoLoss.Reliability;

return CommandLine.Run(args, Console.Out, Console.Error);
