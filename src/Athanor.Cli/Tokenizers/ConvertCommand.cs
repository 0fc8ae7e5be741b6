using System.CommandLine;
using Athanor.Tokenizers;

namespace Athanor.Cli.Tokenizers;

/// <summary>The verb <c>athanor tokenizer convert</c>.</summary>
internal static class ConvertCommand
{
    public static Command Create(TextWriter output)
    {
        var tokenizer = new TokenizerOptions();
        var target = new Option<string>("--output", "-o") { Description = "The folder that gets tokenizer.json.", Required = true };
        var command = new Command("convert", """
            Writes a tokenizer of any readable form as tokenizer.json, with a fingerprint that is checked when it is loaded.

            Example: athanor tokenizer convert -t cl100k_base.tiktoken --encoding cl100k_base --output cl100k
            """) { target };
        tokenizer.AddTo(command);
        command.SetAction(parsed =>
        {
            Tokenizer loaded = tokenizer.Load(parsed);
            string folder = parsed.GetRequiredValue(target);
            loaded.Save(folder);
            output.WriteLine($"{folder}: {InspectView.Number(loaded.VocabularySize)} ids");
            return Tool.Success;
        });
        return command;
    }
}
