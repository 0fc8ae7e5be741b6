using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Athanor.Tokenizers.Chat;

/// <summary>
/// Turns conversations into tokens. Special tokens that the template writes become their ids; where messages, tools or other values hold the same
/// characters, they stay text: nobody ends a turn or speaks as the system by writing a marker.
/// </summary>
/// <remarks>
/// A template may trim, join and replace, so the place of a value in the rendered text is not known. Each special token in a value is therefore cut by a character
/// that occurs nowhere else; after rendering these are taken out, and their places tell the tokenizer where no special token may be.
/// </remarks>
public static class ChatEncoder
{
    // Noncharacters: no text should hold them, and if one does another is taken.
    private const char FirstMark = '\uFDD0', LastMark = '\uFDEF';

    /// <summary>The tokens of a conversation. Nothing is put around it but what the template writes.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the conversation or fails on it.</exception>
    public static int[] Encode(Tokenizer tokenizer, ChatTemplate template, ChatRequest request, RenderLimits? limits = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(request);
        string[] markers = [.. tokenizer.AddedTokens.Where(token => token.Special && token.Content.Length > 1).Select(token => token.Content)];
        char mark = MarkFor(request, template.Source);
        var guard = new Guard(markers, mark);
        string text = template.Render(new ChatRequest
        {
            Messages = [.. request.Messages.Select(message => ChatMessage.FromJson((JsonObject)guard.Of(message.Fields)!))],
            Tools = (JsonArray?)guard.Of(request.Tools),
            AddGenerationPrompt = request.AddGenerationPrompt,
            ContinueFinalMessage = request.ContinueFinalMessage,
            BosToken = request.BosToken,
            EosToken = request.EosToken,
            Extra = (JsonObject?)guard.Of(request.Extra),
            Clock = request.Clock,
        }, limits, cancellation);
        (byte[] bytes, int[] cuts) = TakeOut(text, mark);
        var tokens = new TokenBuffer();
        tokenizer.Encode(bytes, cuts, tokens);
        return tokens.Ids.ToArray();
    }

    private static char MarkFor(ChatRequest request, string source)
    {
        var texts = new StringBuilder(source);
        foreach (ChatMessage message in request.Messages)
            texts.Append(message.Fields.ToJsonString(Readable));
        texts.Append(request.Tools?.ToJsonString(Readable)).Append(request.Extra?.ToJsonString(Readable)).Append(request.BosToken).Append(request.EosToken);
        string all = texts.ToString();
        for (char mark = FirstMark; mark <= LastMark; mark++)
        {
            // Writers of JSON may escape what they write.
            if (!all.Contains(mark, StringComparison.Ordinal) && !all.Contains($"\\u{(int)mark:X4}", StringComparison.OrdinalIgnoreCase))
                return mark;
        }
        throw new ChatTemplateException($"the conversation holds every noncharacter from U+{(int)FirstMark:X4} to U+{(int)LastMark:X4}; take one of them out.");
    }

    private static (byte[] Text, int[] Cuts) TakeOut(string text, char mark)
    {
        if (!text.Contains(mark, StringComparison.Ordinal))
            return (Encoding.UTF8.GetBytes(text), []);
        var cuts = new List<int>();
        using var bytes = new MemoryStream(text.Length + 16);
        foreach (string part in text.Split(mark))
        {
            bytes.Write(Encoding.UTF8.GetBytes(part));
            cuts.Add((int)bytes.Length);
        }
        cuts.RemoveAt(cuts.Count - 1);
        return (bytes.ToArray(), [.. cuts.Distinct()]);
    }

    private static JsonSerializerOptions Readable { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Cuts markers in all strings of a value.</summary>
    private sealed class Guard(string[] markers, char mark)
    {
        public JsonNode? Of(JsonNode? value) => value switch
        {
            JsonObject pairs => new JsonObject(pairs.Select(pair => new KeyValuePair<string, JsonNode?>(Of(pair.Key), Of(pair.Value)))),
            JsonArray items => new JsonArray([.. items.Select(Of)]),
            JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String => JsonValue.Create(Of(scalar.GetValue<string>())),
            null => null,
            _ => value.DeepClone(),
        };

        private string Of(string text)
        {
            foreach (string marker in markers)
                text = text.Replace(marker, $"{marker[0]}{mark}{marker[1..]}", StringComparison.Ordinal);
            // A marker that begins here could end in the next part of the same message.
            int end = text.TrimEnd().Length;
            return EndsWithin(text.AsSpan(0, end)) ? text.Insert(end, mark.ToString()) : text;
        }

        private bool EndsWithin(ReadOnlySpan<char> text)
        {
            foreach (string marker in markers)
            {
                for (int length = Math.Min(marker.Length - 1, text.Length); length > 0; length--)
                {
                    if (text.EndsWith(marker.AsSpan(0, length), StringComparison.Ordinal))
                        return true;
                }
            }
            return false;
        }
    }
}
