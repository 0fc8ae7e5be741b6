using System.Text;
using System.Xml;
using System.Xml.Linq;
using Athanor.Data.Documents;

namespace Athanor.Data.DotnetDocs;

/// <summary>A place of a file that could not be read.</summary>
/// <param name="File">The file, as documents name it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Problem">What is wrong.</param>
public sealed record SkippedPlace(string File, long Line, string Problem);

/// <summary>
/// Reads the XML documentation that compilers write (ECMA-334, annex D) as texts for people, a document a member:
/// <code>
/// System.String.Contains(System.Char)
/// Returns a value indicating whether a specified character occurs within this string.
/// Parameter value: The character to seek.
/// Returns: true if the value parameter occurs within this string; otherwise, false.
/// </code>
/// </summary>
public sealed class DocumentationReader
{
    private const long LargestFile = 256L << 20;

    /// <summary>Those of .NET itself reach 1524 characters.</summary>
    private const int LongestName = 16 << 10;

    private static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true };
    private readonly MemberName _names = new();
    private readonly DocumentationText _text;

    /// <summary>A reader; files that it reads later may use what earlier ones said about type parameters.</summary>
    public DocumentationReader() => _text = new DocumentationText(_names);

    /// <summary>Members without a word of text.</summary>
    public long Empty { get; private set; }

    /// <summary>Reads a file. What stands before malformed XML is kept; the rest of the file is skipped.</summary>
    /// <param name="path">An XML file.</param>
    /// <param name="skipped">Called with the place at which reading had to stop.</param>
    public IEnumerable<Document> Read(string path, Action<SkippedPlace>? skipped = null)
    {
        string name = DocumentationFiles.NameOf(path);
        if (new FileInfo(path).Length > LargestFile)
        {
            skipped?.Invoke(new SkippedPlace(name, 1, $"the file is larger than {LargestFile >> 20} MiB"));
            yield break;
        }
        byte[] bytes = File.ReadAllBytes(path);
        var places = new LinePlaces(bytes);
        using XmlReader reader = XmlReader.Create(new MemoryStream(bytes, writable: false), Settings);
        while (Next(reader, name, skipped) is { } found)
        {
            string id = (string?)found.Member.Attribute("name") ?? "";
            if (id.Length < 3 || id[1] != ':')
                continue;
            if (id.Length > LongestName)
            {
                skipped?.Invoke(new SkippedPlace(name, found.Line, $"a member's name has {id.Length} characters; {LongestName} are read."));
                yield break;
            }
            if (Text(id, found.Member) is { } text)
            {
                string type = MemberName.TypeOf(id);
                yield return new Document($"{Path.GetFileNameWithoutExtension(path)}/{id}", text)
                {
                    Source = "dotnet",
                    Metadata = new Dictionary<string, string> { ["type"] = type, ["kind"] = Kind(id) },
                    Origin = new DocumentOrigin(name, places.Offset(found.Line, found.Column - 1)),
                };
            }
            else
                Empty++;
        }
    }

    private static (XElement Member, int Line, int Column)? Next(XmlReader reader, string name, Action<SkippedPlace>? skipped)
    {
        try
        {
            while (reader.Read())
            {
                if (reader.NodeType != XmlNodeType.Element || reader.LocalName != "member")
                    continue;
                var place = (IXmlLineInfo)reader;
                (int line, int column) = (place.LineNumber, place.LinePosition);
                return (Load(reader), line, column);
            }
            return null;
        }
        catch (XmlException e)
        {
            skipped?.Invoke(new SkippedPlace(name, e.LineNumber, e.Message));
            return null;
        }
    }

    /// <summary>
    /// Reads an element to its end and not beyond: what follows may be malformed, and this member is not. What lies too deep is left out, as adding to
    /// an element takes time for each that it is in.
    /// </summary>
    private static XElement Load(XmlReader reader)
    {
        int bottom = reader.Depth;
        XElement member = Begin(reader), at = member;
        if (reader.IsEmptyElement)
            return member;
        while (reader.Read())
        {
            if (reader.Depth - bottom > DocumentationText.DeepestElement)
                continue;
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    XElement child = Begin(reader);
                    at.Add(child);
                    at = reader.IsEmptyElement ? at : child;
                    break;
                case XmlNodeType.EndElement when at == member:
                    return member;
                case XmlNodeType.EndElement:
                    at = at.Parent!;
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    // A node of its own: a text that were added would be copied with all before it.
                    at.Add(new XText(reader.Value));
                    break;
            }
        }
        return member;
    }

    private static XElement Begin(XmlReader reader)
    {
        var element = new XElement(XName.Get(reader.LocalName, reader.NamespaceURI));
        foreach (string name in DocumentationText.Attributes)
        {
            if (reader.GetAttribute(name) is { } value)
                element.Add(new XAttribute(name, value));
        }
        return element;
    }

    private string? Text(string id, XElement member)
    {
        _names.Learn(id, [.. member.Elements("typeparam").Select(parameter => (string?)parameter.Attribute("name") ?? "T")]);
        var text = new StringBuilder(_names.Full(id));
        int bare = text.Length;
        Each(text, member, "summary", _ => "");
        Each(text, member, "typeparam", element => $"Type parameter {(string?)element.Attribute("name")}: ");
        Each(text, member, "param", element => $"Parameter {(string?)element.Attribute("name")}: ");
        Each(text, member, "returns", _ => "Returns: ");
        Each(text, member, "value", _ => "Value: ");
        Each(text, member, "exception", element => $"Throws {_names.Short((string?)element.Attribute("cref") ?? "Exception")}: ");
        Each(text, member, "remarks", _ => "");
        return text.Length > bare ? text.ToString() : null;
    }

    private void Each(StringBuilder text, XElement member, string part, Func<XElement, string> head)
    {
        foreach (XElement element in member.Elements(part))
        {
            string content = _text.Of(element);
            if (content.Length > 0)
                text.Append('\n').Append(head(element)).Append(content);
        }
    }

    private static string Kind(string id) => id[0] switch
    {
        'T' => "type",
        'M' => "method",
        'P' => "property",
        'F' => "field",
        'E' => "event",
        'N' => "namespace",
        _ => "other",
    };
}
