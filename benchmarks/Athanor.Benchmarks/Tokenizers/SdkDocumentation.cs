using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Athanor.Benchmarks.Tokenizers;

/// <summary>The text of the XML documentation that every SDK has: about 24 MB of distinct entries of technical English, the same on every machine with that SDK.</summary>
internal static partial class SdkDocumentation
{
    private static List<ReadOnlyMemory<byte>>? _entries;

    /// <summary>The distinct entries, one a documented member; empty where the SDK has no reference packs.</summary>
    public static List<ReadOnlyMemory<byte>> Entries => _entries ??= Load();

    private static List<ReadOnlyMemory<byte>> Load()
    {
        string shared = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string packs = Path.GetFullPath(Path.Combine(shared, "..", "..", "..", "packs"));
        List<ReadOnlyMemory<byte>> entries = [];
        if (!Directory.Exists(packs))
            return entries;
        string[] files = [.. Directory.GetFiles(packs, "*.xml", SearchOption.AllDirectories).Where(file => file.Contains(".Ref", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string file in files)
        {
            foreach (XElement member in XDocument.Load(file).Descendants("member"))
            {
                string text = Entry(member);
                if (text.Length > 0 && seen.Add(text))
                    entries.Add(Encoding.UTF8.GetBytes(text));
            }
        }
        return entries;
    }

    private static string Entry(XElement member)
    {
        List<string> parts = [];
        foreach (XElement child in member.Elements())
        {
            string text = BlankLines().Replace(Blanks().Replace(Text(child), " "), "\n").Trim();
            if (text.Length == 0)
                continue;
            switch (child.Name.LocalName)
            {
                case "summary": parts.Insert(0, text); break;
                case "param": parts.Add($"Parameter {child.Attribute("name")?.Value}: {text}"); break;
                case "returns": parts.Add($"Returns: {text}"); break;
                case "exception": parts.Add($"Throws {child.Attribute("cref")?.Value.Split('.')[^1]}: {text}"); break;
                case "remarks": parts.Add(text); break;
            }
        }
        return parts.Count == 0 ? "" : $"{Arity().Replace(member.Attribute("name")?.Value[2..] ?? "", "")}\n{string.Join('\n', parts)}";
    }

    private static string Text(XElement element)
    {
        var text = new StringBuilder();
        foreach (XNode node in element.Nodes())
        {
            if (node is XText plain)
                text.Append(plain.Value);
            else if (node is XElement { Name.LocalName: "see" or "seealso" or "paramref" or "typeparamref" } reference)
                text.Append(Name(reference)).Append(Text(reference));
            else if (node is XElement { Name.LocalName: "para" or "p" or "item" or "description" or "code" } block)
                text.Append('\n').Append(Text(block)).Append('\n');
            else if (node is XElement other)
                text.Append(Text(other));
        }
        return text.ToString();
    }

    private static string Name(XElement reference)
    {
        string name = (reference.Attribute("cref") ?? reference.Attribute("langword") ?? reference.Attribute("name") ?? reference.Attribute("href"))?.Value ?? "";
        if (name.Contains("://", StringComparison.Ordinal))
            return name;
        name = name.Length > 1 && name[1] == ':' ? name[2..] : name;
        return Arity().Replace(name.Split('(')[0].Split('.')[^1], "");
    }

    [GeneratedRegex(@"[ \t]+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\n\s*\n+")]
    private static partial Regex BlankLines();

    [GeneratedRegex(@"``?\d+")]
    private static partial Regex Arity();
}
