using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Athanor.Data.Wiki;

/// <summary>
/// Makes plain text of wikitext, reasonably: templates, tables, references, files and categories go; links leave their labels, headings and list items their lines. Each
/// pass is linear in the text, whatever it holds; what has no end is kept as it stands.
/// </summary>
internal static partial class WikiText
{
    private static readonly string[] Gone = ["ref", "gallery", "timeline", "imagemap", "score", "graph", "mapframe", "templatestyles", "references"];
    private static readonly string[] Hidden = ["file", "image", "media", "category", "datei", "bild", "kategorie", "fichier", "cat\u00e9gorie", "archivo", "imagen", "categor\u00eda", "immagine", "categoria", "ficheiro", "imagem", "bestand", "categorie", "\u0444\u0430\u0439\u043b", "\u0438\u0437\u043e\u0431\u0440\u0430\u0436\u0435\u043d\u0438\u0435", "\u043a\u0430\u0442\u0435\u0433\u043e\u0440\u0438\u044f", "plik", "kategoria", "fil", "kategori"];

    public static string Plain(string wikitext)
    {
        string text = Balanced(Tags(wikitext));
        text = Marks().Replace(text, "");
        text = Switches().Replace(text, "");
        return Blank().Replace(Lines(WebUtility.HtmlDecode(text)), "\n\n").Trim();
    }

    /// <summary>Takes comments and tags out, and of some tags what they enclose.</summary>
    private static string Tags(string text)
    {
        var plain = new StringBuilder(text.Length);
        int at = 0;
        // Where each search for an end found none: searched once, not for every beginning.
        var endless = new HashSet<string>(StringComparer.Ordinal);
        while (at < text.Length)
        {
            int open = text.IndexOf('<', at);
            plain.Append(text, at, (open < 0 ? text.Length : open) - at);
            if (open < 0)
                break;
            at = open;
            if (text.AsSpan(open).StartsWith("<!--"))
            {
                int end = endless.Contains("-->") ? -1 : text.IndexOf("-->", open, StringComparison.Ordinal);
                if (end < 0)
                    endless.Add("-->");
                at = end < 0 ? open + 4 : end + 3;
                continue;
            }
            Match tag = Tag().Match(text, open, Math.Min(text.Length - open, 1000));
            if (!tag.Success)
            {
                plain.Append('<');
                at = open + 1;
                continue;
            }
            at = open + tag.Length;
            string name = tag.Groups["name"].Value.ToLowerInvariant();
            if (name == "br" || name is "p" or "div" or "li" or "tr")
                plain.Append('\n');
            if (tag.Groups["empty"].Length > 0 || tag.Value[1] == '/' || !Gone.Contains(name) || endless.Contains(name))
                continue;
            int close = text.IndexOf("</" + name, at, StringComparison.OrdinalIgnoreCase), behind = close < 0 ? -1 : text.IndexOf('>', close);
            if (behind < 0)
                endless.Add(name);
            else
                at = behind + 1;
        }
        return plain.ToString();
    }

    /// <summary>Takes templates and tables out and puts labels for links, from the inside outwards.</summary>
    private static string Balanced(string text)
    {
        var plain = new StringBuilder(text.Length);
        var open = new Stack<(char Kind, int Start)>();
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i], next = i + 1 < text.Length ? text[i + 1] : '\0';
            bool lineBegins = i == 0 || text[i - 1] == '\n';
            char kind = (c, next) switch { ('{', '{') => '{', ('{', '|') when lineBegins => '|', ('[', '[') => '[', ('[', 'h') or ('[', '/') when IsLink(text, i) => 'h', _ => '\0' };
            char top = open.TryPeek(out (char Kind, int Start) last) ? last.Kind : '\0';
            if (kind != '\0')
            {
                open.Push((kind, plain.Length));
                plain.Append(c);
                if (kind != 'h')
                    plain.Append(text[++i]);
            }
            else if ((c == '}' && next == '}' && top == '{') || (c == '|' && next == '}' && top == '|'))
            {
                open.Pop();
                plain.Length = last.Start;
                i++;
            }
            else if (c == ']' && next == ']' && top == '[')
            {
                open.Pop();
                string label = Label(plain.ToString(last.Start + 2, plain.Length - last.Start - 2));
                plain.Length = last.Start;
                plain.Append(label);
                i++;
            }
            else if (c == ']' && top == 'h')
            {
                open.Pop();
                string link = plain.ToString(last.Start + 1, plain.Length - last.Start - 1);
                plain.Length = last.Start;
                plain.Append(link.Contains(' ', StringComparison.Ordinal) ? link[(link.IndexOf(' ', StringComparison.Ordinal) + 1)..] : "");
            }
            else
                plain.Append(c);
        }
        return plain.ToString();
    }

    private static bool IsLink(string text, int at)
    {
        ReadOnlySpan<char> rest = text.AsSpan(at + 1);
        return rest.StartsWith("http://") || rest.StartsWith("https://") || rest.StartsWith("//");
    }

    private static string Label(string link)
    {
        int colon = link.IndexOf(':', StringComparison.Ordinal), bar = link.LastIndexOf('|');
        if (colon > 0 && (bar < 0 || colon < link.IndexOf('|', StringComparison.Ordinal)))
        {
            string prefix = link[..colon].Trim().ToLowerInvariant();
            // A short prefix without a label is the same page in another language.
            if (Hidden.Contains(prefix) || (bar < 0 && prefix.Length is 2 or 3 && prefix.All(char.IsAsciiLetterLower)))
                return "";
        }
        return bar < 0 ? link.TrimStart(':') : link[(bar + 1)..];
    }

    private static string Lines(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> line = raw.Trim();
            if (line.Length > 2 && line[0] == '=' && line[^1] == '=')
                plain.Append('\n').Append(line.Trim('=').Trim()).Append('\n');
            else if (line.StartsWith("----"))
                plain.Append(line.TrimStart('-'));
            else if (line.Length > 0 && line[0] is '*' or '#')
            {
                ReadOnlySpan<char> item = line.TrimStart("*#:;").Trim();
                if (item.Length > 0)
                    plain.Append("- ").Append(item);
            }
            else
                plain.Append(line.TrimStart(";:").Trim());
            plain.Append('\n');
        }
        return plain.ToString();
    }

    [GeneratedRegex(@"\G</?(?<name>[a-zA-Z][a-zA-Z0-9]*)(?:\s[^<>]*?)?(?<empty>/?)>", RegexOptions.None, 1000)]
    private static partial Regex Tag();

    [GeneratedRegex("'{2,5}", RegexOptions.None, 1000)]
    private static partial Regex Marks();

    [GeneratedRegex("__[A-Z]{3,30}__", RegexOptions.None, 1000)]
    private static partial Regex Switches();

    [GeneratedRegex(@"\n{3,}", RegexOptions.None, 1000)]
    private static partial Regex Blank();
}
