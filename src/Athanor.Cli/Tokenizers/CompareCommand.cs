using System.CommandLine;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Inspection;

namespace Athanor.Cli.Tokenizers;

/// <summary>What one of the compared tokenizers makes of one corpus.</summary>
internal sealed record Comparison(string Tokenizer, int Size, CorpusReport Corpus);

/// <summary>The verb <c>athanor tokenizer compare</c>.</summary>
internal static class CompareCommand
{
    public static Command Create(TextWriter output)
    {
        var tokenizers = new Option<string[]>("--tokenizer", "-t")
        {
            Description = "A tokenizer as name=path or path; a rank file as encoding=path, such as cl100k_base=cl100k_base.tiktoken. Repeat it.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var corpora = new CorpusOption();
        var text = new Option<string?>("--text") { Description = "Also show how each cuts this text." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("compare", """
            Puts several tokenizers side by side on the same corpora and texts.

            Example: athanor tokenizer compare -t mine=my-tokenizer gpt2=gpt2/tokenizer.json --corpus stories.txt --text "Once upon a time"
            """) { tokenizers, corpora.Option, text, json };
        command.SetAction((parsed, cancel) =>
        {
            (string Name, Tokenizer Tokenizer)[] loaded = [.. parsed.GetRequiredValue(tokenizers).Select(Load)];
            var rows = new List<Comparison>();
            foreach ((string name, string path) in corpora.Of(parsed))
            {
                foreach ((string label, Tokenizer tokenizer) in loaded)
                    rows.Add(new Comparison(label, tokenizer.VocabularySize, CorpusOption.Count(tokenizer, name, path, cancel).Report(0)));
            }
            var cuts = parsed.GetValue(text) is { } sample ? loaded.Select(one => (one.Name, TokenizerInspection.Cut(one.Tokenizer, sample))).ToArray() : [];
            if (parsed.GetValue(json))
                output.WriteLine(JsonText.Of(new { corpora = rows, texts = cuts.Select(cut => new { tokenizer = cut.Name, tokens = cut.Item2.Tokens }) }));
            else
                Write(rows, loaded, parsed.GetValue(text), output);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }

    private static (string, Tokenizer) Load(string word)
    {
        if (word.Split('=', 2) is not [var name, var path])
            (name, path) = (Path.GetFileName(Path.TrimEndingDirectorySeparator(word)) is "tokenizer.json" ? Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(word)))! : Path.GetFileName(Path.TrimEndingDirectorySeparator(word)), word);
        return (name, Tokenizer.Load(path, path.EndsWith(".tiktoken", StringComparison.Ordinal) ? name : null));
    }

    private static void Write(List<Comparison> rows, (string Name, Tokenizer Tokenizer)[] tokenizers, string? text, TextWriter output)
    {
        var console = Terminal.Create(output);
        foreach (var corpus in rows.GroupBy(row => row.Corpus.Name))
        {
            InspectView.Section(console, $"{corpus.Key}: {InspectView.Real(corpus.First().Corpus.Bytes / 1e6)} MB, {InspectView.Number(corpus.First().Corpus.Words)} words");
            var table = Terminal.Table("tokenizer", "vocabulary", "tokens", "bytes/token", "tokens/word", "words split", "tokens used", "against the first");
            foreach (Comparison row in corpus)
            {
                InspectView.Row(table, row.Tokenizer, InspectView.Number(row.Size), InspectView.Number(row.Corpus.Tokens), InspectView.Real(row.Corpus.BytesPerToken), InspectView.Real(row.Corpus.TokensPerWord),
                    FormattableString.Invariant($"{row.Corpus.SplitShare:0.0%}"), InspectView.Number(row.Corpus.Used), FormattableString.Invariant($"{row.Corpus.Tokens / (double)Math.Max(1, corpus.First().Corpus.Tokens):0.000}x tokens"));
            }
            console.Write(table);
        }
        if (text is null)
            return;
        byte[] document = System.Text.Encoding.UTF8.GetBytes(text);
        foreach ((string name, Tokenizer tokenizer) in tokenizers)
        {
            var buffer = new TokenBuffer(withRanges: true);
            tokenizer.Encode(document, buffer);
            InspectView.Section(console, $"{name}: {buffer.Count} tokens");
            TokenView.WriteTokens(tokenizer, document, buffer, output, console);
        }
    }
}
