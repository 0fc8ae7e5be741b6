using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Chat;

namespace Athanor.Cli.Tokenizers;

/// <summary>The verb <c>athanor tokenizer render</c>.</summary>
internal static class RenderCommand
{
    public static Command Create(TextWriter output)
    {
        var messages = new Argument<string>("messages") { Description = "A JSON file: a list of messages with role and content, or an object with \"messages\" and perhaps \"tools\"; - for standard input." };
        var path = new Option<string?>("--tokenizer", "-t") { Description = "A tokenizer whose chat template is used and whose tokens are shown with --tokens." };
        var encoding = new Option<string?>("--encoding") { Description = "The name of the encoding of a rank file." };
        var template = new Option<string?>("--template") { Description = $"Another template: {string.Join(", ", BuiltInTemplates.Names)}, the name of one of the tokenizer's, or a file." };
        var prompt = new Option<bool>("--generation-prompt") { Description = "End with the words that open the assistant's turn." };
        var tokens = new Option<bool>("--tokens") { Description = "Show the tokens of the text, special ones as such." };
        var command = new Command("render", """
            Writes a conversation as the model reads it, by its chat template.

            Examples:
              athanor tokenizer render chat.json -t my-tokenizer --generation-prompt
              athanor tokenizer render chat.json --template llama3
            """) { messages, path, encoding, template, prompt, tokens };
        command.SetAction((parsed, cancel) =>
        {
            Tokenizer? tokenizer = parsed.GetValue(path) is { } file ? Tokenizer.Load(file, parsed.GetValue(encoding)) : null;
            if (tokenizer is null && parsed.GetValue(tokens))
                throw new ArgumentException("--tokens needs --tokenizer.");
            ChatTemplate chat = Template(tokenizer, parsed.GetValue(template));
            string name = parsed.GetRequiredValue(messages);
            string text = chat.Render(Request(name, Input.Read(null, name == "-" ? null : name), tokenizer, parsed.GetValue(prompt)), cancellation: cancel);
            if (parsed.GetValue(tokens))
            {
                byte[] document = System.Text.Encoding.UTF8.GetBytes(text);
                var buffer = new TokenBuffer(withRanges: true);
                tokenizer!.Encode(document, buffer, EncodeOptions.ParseSpecial);
                TokenView.Write(tokenizer, document, buffer, output);
            }
            else
            {
                output.WriteLine(text);
            }
            return Task.FromResult(Tool.Success);
        });
        return command;
    }

    private static ChatTemplate Template(Tokenizer? tokenizer, string? name)
    {
        if (name is null)
        {
            return tokenizer?.Settings.ChatTemplate is { } source
                ? ChatTemplate.Parse(source)
                : throw new ArgumentException(tokenizer is null ? "Neither --template nor --tokenizer is given." : $"The tokenizer has no chat template; name one with --template: {string.Join(", ", BuiltInTemplates.Names)}.");
        }
        if (tokenizer?.Settings.NamedChatTemplates.TryGetValue(name, out string? named) == true)
            return ChatTemplate.Parse(named);
        return File.Exists(name) ? ChatTemplate.Parse(File.ReadAllText(name)) : BuiltInTemplates.Get(name);
    }

    private static ChatRequest Request(string name, byte[] json, Tokenizer? tokenizer, bool prompt)
    {
        try
        {
            JsonNode? root = JsonNode.Parse(json);
            JsonArray? list = root as JsonArray ?? root?["messages"] as JsonArray;
            if (list is null)
                throw new InvalidDataException($"{name}: a list of messages is expected, or an object with \"messages\".");
            return new ChatRequest
            {
                Messages = ChatMessage.ParseList(list.ToJsonString()),
                Tools = (root as JsonObject)?["tools"]?.DeepClone() as JsonArray,
                AddGenerationPrompt = prompt,
                BosToken = tokenizer?.Settings.BosToken,
                EosToken = tokenizer?.Settings.EosToken,
            };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{name}, line {e.LineNumber + 1}: this is not JSON. {e.Message}"), e);
        }
    }
}
