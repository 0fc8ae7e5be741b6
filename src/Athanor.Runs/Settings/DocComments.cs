using System.Collections.Concurrent;
using System.ComponentModel;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace Athanor.Runs.Settings;

/// <summary>What settings mean, from <c>[Description]</c> or the XML documentation that the compiler writes beside an assembly.</summary>
internal static partial class DocComments
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, XElement>> Files = new();

    public static string? Of(Type type) => type.GetCustomAttribute<DescriptionAttribute>()?.Description ?? Text(Find(type, $"T:{Id(type)}")?.Element("summary"));

    public static string? Of(SettingShape setting)
    {
        PropertyInfo property = setting.Property;
        if (property.GetCustomAttribute<DescriptionAttribute>() is { } description)
            return description.Description;
        Type owner = property.DeclaringType!;
        if (Text(Find(owner, $"P:{Id(owner)}.{property.Name}")?.Element("summary")) is { } summary)
            return summary;
        return Text(Find(owner, $"T:{Id(owner)}")?.Elements("param").FirstOrDefault(p => (string?)p.Attribute("name") == setting.Parameter?.Name));
    }

    public static string? OfMember(Type @enum, string member) => Text(Find(@enum, $"F:{Id(@enum)}.{member}")?.Element("summary"));

    private static string Id(Type type) => type.FullName!.Replace('+', '.');

    private static XElement? Find(Type type, string id) => Files.GetOrAdd(type.Assembly, Load).GetValueOrDefault(id);

    private static Dictionary<string, XElement> Load(Assembly assembly)
    {
        var members = new Dictionary<string, XElement>(StringComparer.Ordinal);
        string path = Path.ChangeExtension(assembly.Location, ".xml");
        if (assembly.Location.Length == 0 || !File.Exists(path))
            return members;
        try
        {
            foreach (XElement member in XDocument.Load(path).Descendants("member"))
                members.TryAdd((string?)member.Attribute("name") ?? "", member);
        }
        catch (XmlException)
        {
            // Descriptions are a comfort: without them everything else works.
        }
        return members;
    }

    private static string? Text(XElement? element)
    {
        if (element is null)
            return null;
        string text = string.Concat(element.Nodes().Select(Text));
        text = Space().Replace(text, " ").Trim();
        return text.Length == 0 ? null : text;
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "paramref" } reference => LastName((string?)reference.Attribute("cref") ?? (string?)reference.Attribute("langword") ?? (string?)reference.Attribute("name") ?? reference.Value),
        XElement element => string.Concat(element.Nodes().Select(Text)),
        _ => "",
    };

    /// <summary>A reference to another setting reads as its key.</summary>
    private static string LastName(string reference) =>
        reference.StartsWith("P:", StringComparison.Ordinal) ? SnakeCase.Of(reference[(reference.LastIndexOf('.') + 1)..])
        : reference.Split('(')[0].Split('.')[^1].Split(':')[^1];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
