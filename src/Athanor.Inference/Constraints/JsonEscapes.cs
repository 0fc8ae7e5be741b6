using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Athanor.Inference.Constraints;

/// <summary>Text as it stands within a JSON string: only what must be escaped is, and in one way.</summary>
internal static class JsonEscapes
{
    private static readonly CodePointSet s_special = CodePointSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\'));

    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char c in text)
            escaped.Append(c is < ' ' or '"' or '\\' ? Escape(c) : c.ToString());
        return escaped.ToString();
    }

    /// <summary>A JSON value as one text, without white space.</summary>
    public static string Write(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => $"\"{Escape(value.GetString()!)}\"",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Write))}]",
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Select(property => $"\"{Escape(property.Name)}\":{Write(property.Value)}"))}}}",
        _ => value.GetRawText(),
    };

    /// <summary>A grammar of strings as the grammar of what stands for them between the quotes.</summary>
    public static GrammarNode Escape(GrammarNode node) => node switch
    {
        LiteralNode literal => GrammarNode.Text(Escape(Encoding.UTF8.GetString(literal.Bytes))),
        TextChoiceNode texts => new TextChoiceNode([.. texts.Texts.Select(text => Encoding.UTF8.GetBytes(Escape(Encoding.UTF8.GetString(text))))]),
        ClassNode characters => Escape(characters.Set),
        SequenceNode sequence => new SequenceNode([.. sequence.Items.Select(Escape)]),
        ChoiceNode choice => new ChoiceNode([.. choice.Items.Select(Escape)]),
        RepeatNode repeat => new RepeatNode(Escape(repeat.Body), repeat.Min, repeat.Max),
        _ => throw new NotSupportedException(node.GetType().Name),
    };

    private static GrammarNode Escape(CodePointSet set)
    {
        if (!set.Contains('"') && !set.Contains('\\') && set.Ranges[0].From > 0x1F)
            return new ClassNode(set);
        List<GrammarNode> parts = [];
        CodePointSet plain = set.Except(s_special);
        if (!plain.IsEmpty)
            parts.Add(new ClassNode(plain));
        List<byte[]> escapes = [];
        foreach ((int from, int to) in set.Except(plain).Ranges)
        {
            for (int character = from; character <= to; character++)
                escapes.Add(Encoding.UTF8.GetBytes(Escape((char)character)));
        }
        if (escapes.Count > 0)
            parts.Add(new TextChoiceNode(escapes));
        return GrammarNode.Choice(parts);
    }

    private static string Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    };
}
