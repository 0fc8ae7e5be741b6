using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Athanor.Runs.Recipes;

/// <summary>Writes nodes as YAML that every parser reads the same way.</summary>
internal static partial class YamlText
{
    private const int CommentColumn = 44;

    public static string Write(MappingNode root)
    {
        var text = new StringBuilder();
        Mapping(text, root, 0);
        return text.ToString();
    }

    /// <summary>Every single value with its dotted path; empty lists and maps count as values.</summary>
    public static IEnumerable<(string Path, string Text, string? Comment)> Flatten(RecipeNode node, string path = "", string? comment = null)
    {
        switch (node)
        {
            case MappingNode { Entries.Count: > 0 } mapping:
                return mapping.Entries.SelectMany(entry => Flatten(entry.Value, path.Length == 0 ? entry.Key : $"{path}.{entry.Key}", node.Comment ?? comment));
            case SequenceNode { Items.Count: > 0 } sequence:
                return sequence.Items.SelectMany((item, i) => Flatten(item, $"{path}.{i.ToString(CultureInfo.InvariantCulture)}", node.Comment ?? comment));
            default:
                return [(path, node switch { MappingNode => "{}", SequenceNode => "[]", ScalarNode scalar => scalar.Text, _ => "" }, node.Comment ?? comment)];
        }
    }

    private static void Mapping(StringBuilder text, MappingNode mapping, int indent)
    {
        foreach (MappingEntry entry in mapping.Entries)
            Entry(text, $"{new string(' ', indent)}{Quoted(entry.Key, key: true)}:", entry.Value, indent);
    }

    private static void Entry(StringBuilder text, string head, RecipeNode value, int indent)
    {
        switch (value)
        {
            case MappingNode { Entries.Count: > 0 } mapping:
                Line(text, head, mapping.Comment);
                Mapping(text, mapping, indent + 2);
                break;
            case SequenceNode { Items.Count: > 0 } sequence when sequence.Items.All(item => item is ScalarNode):
                Line(text, $"{head} [{string.Join(", ", sequence.Items.Select(Inline))}]", sequence.Comment);
                break;
            case SequenceNode { Items.Count: > 0 } sequence:
                Line(text, head, sequence.Comment);
                foreach (RecipeNode item in sequence.Items)
                    Entry(text, $"{new string(' ', indent + 2)}-", item, indent + 2);
                break;
            default:
                Line(text, $"{head} {Inline(value)}", value.Comment);
                break;
        }
    }

    private static string Inline(RecipeNode node) => node switch
    {
        MappingNode => "{}",
        SequenceNode => "[]",
        ScalarNode { Kind: ScalarKind.Text } scalar => Quoted(scalar.Text, key: false),
        ScalarNode scalar => scalar.Text,
        _ => throw new InvalidOperationException(),
    };

    private static void Line(StringBuilder text, string content, string? comment)
    {
        text.Append(content);
        if (comment is not null)
            text.Append(' ', Math.Max(2, CommentColumn - content.Length)).Append("# ").Append(comment.ReplaceLineEndings(" "));
        text.Append('\n');
    }

    /// <summary>Plain where no parser could read anything but this text.</summary>
    private static string Quoted(string value, bool key)
    {
        if (Plain().IsMatch(value) && !Words().IsMatch(value) && (key || !value.EndsWith('.')))
            return value;
        var text = new StringBuilder("\"", value.Length + 8);
        foreach (char c in value)
        {
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when c < ' ' || c is '\u007f' or '\u0085' or '\u00a0' or '\u2028' or '\u2029' or '\ufeff' || c is '\ufffe' or '\uffff' or (>= '\u0080' and <= '\u009f')
                    => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }
        return text.Append('"').ToString();
    }

    [GeneratedRegex(@"^[A-Za-z_/][A-Za-z0-9_./+-]*\z")]
    private static partial Regex Plain();

    [GeneratedRegex(@"^(null|true|false|yes|no|on|off|y|n|\.?inf|\.?nan)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Words();
}
