using System.CommandLine;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Inspection;
using Athanor.Tokenizers.Training;

namespace Athanor.Cli.Tokenizers;

/// <summary>The option <c>--corpus name=path</c>: texts by language or domain.</summary>
internal sealed class CorpusOption
{
    public Option<string[]> Option { get; } = new("--corpus", "-c")
    {
        Description = "A text by language or domain, as name=path or path: a text file, a .jsonl file with \"text\", either as .gz, or a folder of them. May be repeated.",
        AllowMultipleArgumentsPerToken = true,
    };

    public IReadOnlyList<(string Name, string Path)> Of(ParseResult parsed) =>
        [.. (parsed.GetValue(Option) ?? []).Select(word => word.Split('=', 2) is [var name, var path] ? (name, path) : (Path.GetFileNameWithoutExtension(word), word))];

    public static CorpusCounter Count(Tokenizer tokenizer, string name, string path, CancellationToken cancel)
    {
        var counter = new CorpusCounter(tokenizer, name);
        foreach (ReadOnlyMemory<byte> document in DocumentSource.AtPath(path).Documents())
        {
            cancel.ThrowIfCancellationRequested();
            counter.Add(document.Span);
        }
        return counter;
    }
}
