using System.Globalization;
using System.Text;

namespace Athanor.Data.Extraction;

/// <summary>
/// Reads single strings from the JSON-LD of a page (schema.org), by their keys. Pages are often no valid JSON, so it is read as text: a key, a colon, a string.
/// </summary>
internal static class JsonLd
{
    private const int Longest = 1 << 20;

    /// <summary>The text of the article, for readers that show no page.</summary>
    public static string? ArticleBody(ReadOnlySpan<char> page, Span<HtmlNode> nodes)
    {
        string? longest = null;
        for (int i = 0; i < nodes.Length; i++)
        {
            if (IsJsonLd(page, nodes, i) && String(nodes[i + 1].Source.Of(page), "\"articleBody\"") is { } body && body.Length > (longest?.Length ?? 0))
                longest = body;
        }
        return longest is null ? null : Plain(longest);
    }

    /// <summary>Whether a node is a script that holds JSON-LD.</summary>
    public static bool IsJsonLd(ReadOnlySpan<char> page, Span<HtmlNode> nodes, int at) =>
        nodes[at].Tag == HtmlTag.Script && nodes[at].End == at + 2 && HtmlAttributes.Find(page, nodes[at].Source, "type").Of(page).Contains("ld+json", StringComparison.OrdinalIgnoreCase);

    /// <summary>The first string under a key, in quotes; null where there is none.</summary>
    public static string? String(ReadOnlySpan<char> json, ReadOnlySpan<char> key)
    {
        while (json.IndexOf(key) is >= 0 and int at)
        {
            json = json[(at + key.Length)..].TrimStart();
            if (json.IsEmpty || json[0] != ':')
                continue;
            json = json[1..].TrimStart();
            if (!json.IsEmpty && json[0] == '"')
                return Unescape(json[1..]);
        }
        return null;
    }

    private static string Unescape(ReadOnlySpan<char> json)
    {
        var text = new StringBuilder();
        for (int i = 0; i < json.Length && text.Length < Longest && json[i] != '"'; i++)
        {
            if (json[i] != '\\' || i + 1 >= json.Length)
            {
                text.Append(json[i]);
                continue;
            }
            char c = json[++i];
            if (c == 'u' && i + 4 < json.Length && ushort.TryParse(json.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit))
            {
                text.Append((char)unit);
                i += 4;
            }
            else
                text.Append(c switch { 'n' => '\n', 't' => '\t', 'r' or 'b' or 'f' => ' ', _ => c });
        }
        return text.ToString();
    }

    /// <summary>Bodies have markup and references more often than not, so they are read like a page; their lines are paragraphs.</summary>
    private static string Plain(string body)
    {
        var text = new TextBuffer();
        var lexer = new HtmlLexer(body);
        while (lexer.Next() is var token && token != HtmlToken.End)
        {
            if (token == HtmlToken.Text)
            {
                ReadOnlySpan<char> part = lexer.Content.Of(body);
                foreach (System.Range line in part.Split('\n'))
                {
                    text.Page(part[line], false);
                    if (line.End.Value < part.Length)
                        text.Break(2);
                }
            }
            else if (HtmlTags.Is(lexer.Tag, TagKind.Block) || lexer.Tag == HtmlTag.Br)
                text.Break(2);
        }
        return text.Written.Trim().ToString();
    }
}
