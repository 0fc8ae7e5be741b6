namespace Athanor.Data.Extraction;

/// <summary>Names of licences: the SPDX identifier where the address or name is that of a known one.</summary>
public static class Licences
{
    private static readonly (string Part, string Name)[] Known =
    [
        ("gnu.org/licenses/fdl", "GFDL"), ("gnu.org/copyleft/fdl", "GFDL"), ("gnu.org/licenses/gpl-3", "GPL-3.0"), ("gnu.org/licenses/gpl-2", "GPL-2.0"), ("apache.org/licenses/license-2.0", "Apache-2.0"),
        ("opensource.org/licenses/mit", "MIT"), ("opensource.org/license/mit", "MIT"), ("opensource.org/licenses/bsd", "BSD-3-Clause"), ("opendatacommons.org/licenses/odbl", "ODbL-1.0"), ("opendatacommons.org/licenses/by", "ODC-By-1.0"),
        ("nationalarchives.gov.uk/doc/open-government-licence", "OGL-UK-3.0"), ("unlicense.org", "Unlicense"),
    ];

    /// <summary>The identifier of a licence: <c>CC-BY-SA-4.0</c> for <c>https://creativecommons.org/licenses/by-sa/4.0/deed.de</c>; what was given where it is none of the known.</summary>
    /// <param name="text">An address or a name.</param>
    public static string Identify(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string lower = text.Trim().ToLowerInvariant();
        if (lower.IndexOf("creativecommons.org/", StringComparison.Ordinal) is >= 0 and int at)
            return CreativeCommons(lower[(at + "creativecommons.org/".Length)..]) ?? text.Trim();
        foreach ((string part, string name) in Known)
        {
            if (lower.Contains(part, StringComparison.Ordinal))
                return name;
        }
        return lower.StartsWith("cc", StringComparison.Ordinal) && lower.Length < 40 ? Named(lower) ?? text.Trim() : text.Trim();
    }

    private static string? CreativeCommons(string path)
    {
        string[] parts = path.Split('/', '?', '#');
        string version = parts.Length > 2 && parts[2].Length is > 0 and <= 4 && parts[2].All(c => char.IsAsciiDigit(c) || c == '.') ? parts[2] : "";
        return parts switch
        {
            ["publicdomain", "zero", ..] => "CC0-1.0",
            ["publicdomain", "mark", ..] => "CC-PDM-1.0",
            ["licenses", var terms, ..] when terms is "by" or "by-sa" or "by-nc" or "by-nd" or "by-nc-sa" or "by-nc-nd" or "sa" or "nc" => $"CC-{terms.ToUpperInvariant()}{(version.Length > 0 ? "-" + version : "")}",
            _ => null,
        };
    }

    /// <summary>"CC BY-SA 4.0", "cc-by".</summary>
    private static string? Named(string name)
    {
        string[] words = name.Split(' ', '-', '_');
        if (words[0] is "cc0")
            return "CC0-1.0";
        if (words[0] != "cc" || words.Length < 2 || words[1] != "by")
            return null;
        string[] terms = [.. words.Skip(1).TakeWhile(word => word is "by" or "sa" or "nc" or "nd")];
        string? version = words.Skip(1 + terms.Length).FirstOrDefault(word => word.Length is > 0 and <= 4 && char.IsAsciiDigit(word[0]) && word.All(c => char.IsAsciiDigit(c) || c == '.'));
        return $"CC-{string.Join('-', terms).ToUpperInvariant()}{(version is null ? "" : "-" + version)}";
    }
}
