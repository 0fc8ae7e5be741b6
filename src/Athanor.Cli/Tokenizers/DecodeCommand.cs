using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Athanor.Tokenizers;

namespace Athanor.Cli.Tokenizers;

/// <summary>The verb <c>athanor tokenizer decode</c>.</summary>
internal static class DecodeCommand
{
    public static Command Create(TextWriter output)
    {
        var tokenizer = new TokenizerOptions();
        var ids = new Argument<string[]>("ids") { Description = "Token ids; standard input where neither ids nor --file are given.", Arity = ArgumentArity.ZeroOrMore };
        var file = new Option<string?>("--file") { Description = "A file of ids, separated by spaces, commas or lines." };
        var skip = new Option<bool>("--skip-special") { Description = "Leave special tokens out." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object with the text." };
        var command = new Command("decode", """
            Turns token ids back into text.

            Example: athanor tokenizer decode -t my-tokenizer 464 3290 318
            """) { ids, file, skip, json };
        tokenizer.AddTo(command);
        command.SetAction(parsed =>
        {
            Tokenizer loaded = tokenizer.Load(parsed);
            string[] words = parsed.GetValue(ids) ?? [];
            if (words.Length == 0)
                words = [System.Text.Encoding.UTF8.GetString(Input.Read(null, parsed.GetValue(file)))];
            string text = loaded.Decode(Parse(words), parsed.GetValue(skip));
            output.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(new { text }) : text);
            return Tool.Success;
        });
        return command;
    }

    private static int[] Parse(string[] words) =>
        [.. words.SelectMany(word => word.Split([' ', ',', '\n', '\r', '\t', '[', ']'], StringSplitOptions.RemoveEmptyEntries)).Select(word =>
            int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : throw new ArgumentException($"'{word}' is not a token id."))];
}
