using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Athanor.Tokenizers;

namespace Athanor.Cli.Tokenizers;

/// <summary>The verb <c>athanor tokenizer encode</c>.</summary>
internal static class EncodeCommand
{
    public static Command Create(TextWriter output)
    {
        var tokenizer = new TokenizerOptions();
        var text = new Argument<string?>("text") { Description = "The text; standard input where neither text nor --file is given.", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string?>("--file") { Description = "A text file (one document), or a .jsonl file whose lines have a \"text\" (a line of ids each)." };
        var target = new Option<string?>("--output") { Description = "Write here instead of to standard output; the file appears when it is complete." };
        var special = new Option<bool>("--parse-special") { Description = "Special tokens written in the text become their ids; else they stay text." };
        var around = new Option<bool>("--add-special") { Description = "Add the tokens that the tokenizer puts around a text, such as <s>." };
        var ids = new Option<bool>("--ids") { Description = "Print the ids alone, separated by spaces." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object with ids, texts and byte ranges." };
        var command = new Command("encode", """
            Shows the tokens of a text: coloured on a terminal, else separated by bars.

            Examples:
              athanor tokenizer encode -t my-tokenizer "Once upon a time"
              athanor tokenizer encode -t cl100k_base.tiktoken --encoding cl100k_base --file README.md --json
            """) { text, file, target, special, around, ids, json };
        tokenizer.AddTo(command);
        command.SetAction(parsed =>
        {
            Tokenizer loaded = tokenizer.Load(parsed);
            EncodeOptions options = (parsed.GetValue(special) ? EncodeOptions.ParseSpecial : 0) | (parsed.GetValue(around) ? EncodeOptions.AddSpecial : 0);
            OutputFile.Write(parsed.GetValue(target), output, writer =>
            {
                if (parsed.GetValue(file) is { } path && path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))
                {
                    EncodeLines(loaded, path, options, writer);
                    return;
                }
                byte[] document = Input.Read(parsed.GetValue(text), parsed.GetValue(file));
                var buffer = new TokenBuffer(withRanges: true);
                loaded.Encode(document, buffer, options);
                if (parsed.GetValue(ids))
                    writer.WriteLine(string.Join(' ', buffer.Ids.ToArray()));
                else if (parsed.GetValue(json))
                    writer.WriteLine(Json(loaded, document, buffer));
                else
                    TokenView.Write(loaded, document, buffer, writer);
            });
            return Tool.Success;
        });
        return command;
    }

    private static void EncodeLines(Tokenizer tokenizer, string path, EncodeOptions options, TextWriter output)
    {
        var buffer = new TokenBuffer();
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0)
                continue;
            string document;
            try
            {
                using JsonDocument parsed = JsonDocument.Parse(line);
                document = parsed.RootElement.GetProperty("text").GetString() ?? throw new JsonException("\"text\" is null.");
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new InvalidDataException($"{path}, line {number}: not a JSON object with a string \"text\" ({e.Message})", e);
            }
            buffer.Clear();
            tokenizer.Encode(Encoding.UTF8.GetBytes(document), buffer, options);
            output.Write("{\"ids\":[");
            output.Write(string.Join(',', buffer.Ids.ToArray()));
            output.WriteLine("]}");
        }
    }

    private static string Json(Tokenizer tokenizer, ReadOnlySpan<byte> document, TokenBuffer buffer)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, JsonText.Writer))
        {
            json.WriteStartObject();
            json.WriteNumber("count", buffer.Count);
            json.WriteNumber("bytes", document.Length);
            json.WriteStartArray("ids");
            foreach (int id in buffer.Ids)
                json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            for (int i = 0; i < buffer.Count; i++)
            {
                json.WriteStartObject();
                json.WriteNumber("id", buffer.Ids[i]);
                ByteRange range = buffer.Ranges[i];
                ReadOnlySpan<byte> text = range.Length > 0 ? document.Slice(range.Start, range.Length) : tokenizer.GetTokenBytes(buffer.Ids[i]);
                // Parts of characters have no text of their own; the range says what they stand for.
                if (Utf8.IsValid(text))
                    json.WriteString("text", text);
                else
                    json.WriteNull("text");
                json.WriteNumber("start", range.Start);
                json.WriteNumber("length", range.Length);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
