using System.CommandLine;

namespace Athanor.Cli.Data;

/// <summary>The verb <c>athanor data</c>, a family of verbs.</summary>
internal static class DataCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("data", """
            Prepares documents and shows what became of them.

            OUTPUT is what a stage made: RUN/STAGE such as quickstart/filter, or its folder.

            Examples:
              athanor data run recipes/quickstart.yaml
              athanor data run recipes/web-pages.yaml --executor slurm --set data.slurm.partition=cpu
              athanor data inspect quickstart/decontaminate --rule ngram
              athanor data stats quickstart/filter
              athanor data whatif quickstart/filter --keep "length.characters >= 200"
              athanor data trace quickstart/tokenize --token 123456
              athanor data length --in corpus.jsonl --out clean --set min=200
            """)
        {
            DataRunCommand.Create(output),
            DataInspectCommand.Create(output),
            DataStatsCommand.Create(output),
            WhatIfCommand.Create(output),
            TraceCommand.Create(output),
            SlurmTaskCommand.Create(output),
        };
        foreach (Command kind in StageKindCommand.All(output))
            command.Add(kind);
        return command;
    }
}
