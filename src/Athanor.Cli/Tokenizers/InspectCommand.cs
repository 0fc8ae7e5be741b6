using System.CommandLine;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Inspection;

namespace Athanor.Cli.Tokenizers;

/// <summary>The verb <c>athanor tokenizer inspect</c>.</summary>
internal static class InspectCommand
{
    public static Command Create(TextWriter output)
    {
        var tokenizer = new TokenizerOptions();
        var corpora = new CorpusOption();
        var top = new Option<int>("--top") { Description = "How many tokens each list shows.", DefaultValueFactory = _ => 20 };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("inspect", """
            Shows what a vocabulary consists of (longest tokens, digits, white space, scripts) and, over corpora by language or domain,
            compression, fertility, words that are split, tokens never used.

            Example: athanor tokenizer inspect -t my-tokenizer --corpus english=stories.txt code=src
            """) { top, json };
        tokenizer.AddTo(command);
        command.Add(corpora.Option);
        command.SetAction((parsed, cancel) =>
        {
            int shown = parsed.GetValue(top);
            if (shown < 1)
                throw new ArgumentException($"--top is {shown}; it must be 1 at least.");
            Tokenizer loaded = tokenizer.Load(parsed);
            CorpusCounter[] counters = [.. corpora.Of(parsed).Select(corpus => CorpusOption.Count(loaded, corpus.Name, corpus.Path, cancel))];
            TokenizerInspection inspection = TokenizerInspection.Of(loaded, counters, shown);
            if (parsed.GetValue(json))
                output.WriteLine(JsonText.Of(inspection));
            else
                InspectView.Write(inspection, output);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }
}
