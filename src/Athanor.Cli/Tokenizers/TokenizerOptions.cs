using System.CommandLine;
using Athanor.Tokenizers;

namespace Athanor.Cli.Tokenizers;

/// <summary>The options by which every verb finds its tokenizer.</summary>
internal sealed class TokenizerOptions
{
    public Option<string> Path { get; } = new("--tokenizer", "-t") { Description = "A folder with tokenizer.json, such a file, a .tiktoken rank file, a SentencePiece .model or llama2.c's tokenizer.bin.", Required = true };

    public Option<string?> Encoding { get; } = new("--encoding") { Description = "The name of the encoding of a rank file, such as cl100k_base; the file does not say it." };

    public void AddTo(Command command)
    {
        command.Add(Path);
        command.Add(Encoding);
    }

    public Tokenizer Load(ParseResult parsed) => Tokenizer.Load(parsed.GetRequiredValue(Path), parsed.GetValue(Encoding));
}
