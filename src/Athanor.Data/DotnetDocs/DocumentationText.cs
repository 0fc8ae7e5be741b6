using System.Text;
using System.Xml.Linq;

namespace Athanor.Data.DotnetDocs;

/// <summary>Elements of the documentation format as plain text: paragraphs on lines of their own, references as words, lists with dashes.</summary>
internal sealed class DocumentationText(MemberName names)
{
    /// <summary>What lies deeper is left out.</summary>
    public const int DeepestElement = 64;

    /// <summary>The attributes that are read.</summary>
    public static readonly string[] Attributes = ["name", "cref", "langword", "href", "uid"];

    private readonly StringBuilder _text = new();
    private bool _space;

    /// <summary>An element's content; empty where it says nothing.</summary>
    public string Of(XElement element)
    {
        _text.Clear();
        _space = false;
        Children(element, 0);
        while (_text.Length > 0 && char.IsWhiteSpace(_text[^1]))
            _text.Length--;
        return _text.ToString();
    }

    private void Children(XElement element, int depth)
    {
        if (depth > DeepestElement)
            return;
        foreach (XNode node in element.Nodes())
        {
            if (node is XText text)
                Words(text.Value);
            else if (node is XElement child)
                Element(child, depth + 1);
        }
    }

    private void Element(XElement element, int depth)
    {
        switch (element.Name.LocalName)
        {
            case "see" or "seealso" or "xref" or "a":
                Reference(element, depth);
                break;
            case "paramref" or "typeparamref":
                Word((string?)element.Attribute("name") ?? "");
                break;
            case "para" or "p" or "div" or "summary" or "remarks" or "value" or "returns" or "example" or "block" or "content":
                Break();
                Children(element, depth);
                Break();
                break;
            case "br":
                Break();
                break;
            case "code" when element.Value.Contains('\n', StringComparison.Ordinal):
                Code(element.Value);
                break;
            case "list" or "ul" or "ol":
                List(element, depth);
                break;
            case "sup":
                _space = false;
                Word("^" + element.Value.Trim());
                break;
            case "listheader" or "script" or "devremarks" or "forInternalUseOnly" or "inheritdoc" or "format":
                break;
            default:
                Children(element, depth);
                break;
        }
    }

    /// <summary>A reference says its own words where it has some, else the name of what it leads to.</summary>
    private void Reference(XElement element, int depth)
    {
        if (element.Nodes().Any(node => node is XElement || (node is XText text && !string.IsNullOrWhiteSpace(text.Value))))
        {
            Children(element, depth);
            return;
        }
        string? target = (string?)element.Attribute("langword") ?? (string?)element.Attribute("cref") ?? (string?)element.Attribute("name") ?? (string?)element.Attribute("href") ?? (string?)element.Attribute("uid");
        if (target is not null)
            Word(names.Short(target));
    }

    private void List(XElement list, int depth)
    {
        Break();
        foreach (XElement item in list.Elements().Where(item => item.Name.LocalName is "item" or "li"))
        {
            Break();
            Word("- ");
            _space = false;
            XElement? term = item.Element("term"), description = item.Element("description");
            if (term is not null && description is not null)
            {
                Inline(term, depth);
                if (_text.Length > 0 && _text[^1] == '.')
                    _text.Length--;
                _space = false;
                _text.Append(": ");
                Inline(description, depth);
            }
            else
                Inline(term ?? description ?? item, depth);
        }
        Break();
    }

    /// <summary>Content within a line of a list: paragraphs do not break it.</summary>
    private void Inline(XElement element, int depth)
    {
        foreach (XNode node in element.Nodes())
        {
            if (node is XText text)
                Words(text.Value);
            else if (node is not XElement child || depth >= DeepestElement)
                continue;
            else if (child.Name.LocalName is "para" or "p" or "description")
            {
                _space = true;
                Inline(child, depth + 1);
                _space = true;
            }
            else
                Element(child, depth + 1);
        }
        _space = false;
        while (_text.Length > 0 && _text[^1] is ' ')
            _text.Length--;
    }

    /// <summary>Code of several lines, without the indentation that all lines share.</summary>
    private void Code(string code)
    {
        string[] lines = [.. code.Replace("\r", "", StringComparison.Ordinal).Split('\n').Select(line => line.TrimEnd())];
        int first = Array.FindIndex(lines, line => line.Length > 0), last = Array.FindLastIndex(lines, line => line.Length > 0);
        if (first < 0)
            return;
        int indent = lines[first..(last + 1)].Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        Break();
        foreach (string line in lines[first..(last + 1)])
            _text.Append(line.Length == 0 ? "" : line[indent..]).Append('\n');
    }

    private void Words(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (char.IsWhiteSpace(text[0]))
            {
                _space = true;
                text = text.TrimStart();
                continue;
            }
            int end = 0;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
                end++;
            Word(text[..end]);
            text = text[end..];
        }
    }

    private void Word(ReadOnlySpan<char> word)
    {
        if (word.IsEmpty)
            return;
        if (_space && _text.Length > 0 && !char.IsWhiteSpace(_text[^1]))
            _text.Append(' ');
        _space = false;
        _text.Append(word);
    }

    private void Break()
    {
        _space = false;
        while (_text.Length > 0 && _text[^1] == ' ')
            _text.Length--;
        if (_text.Length > 0 && _text[^1] != '\n')
            _text.Append('\n');
    }
}
