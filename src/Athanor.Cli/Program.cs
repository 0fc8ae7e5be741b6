using Athanor.Cli;

return Tool.Run(args, Console.Out, Console.Error);
