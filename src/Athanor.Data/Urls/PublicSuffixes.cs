using System.Globalization;
using System.Text;

namespace Athanor.Data.Urls;

/// <summary>
/// Knows under which names anyone can register one: <c>com</c>, <c>co.uk</c>. Rules are those of publicsuffix.org: the longest that matches counts, exceptions before all, and a top-level
/// name that no rule knows is a suffix.
/// </summary>
internal sealed class PublicSuffixes
{
    private readonly HashSet<string> _plain = new(StringComparer.OrdinalIgnoreCase), _wildcards = new(StringComparer.OrdinalIgnoreCase), _exceptions = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _isPlain, _isWildcard, _isException;

    private PublicSuffixes()
    {
        _isPlain = _plain.GetAlternateLookup<ReadOnlySpan<char>>();
        _isWildcard = _wildcards.GetAlternateLookup<ReadOnlySpan<char>>();
        _isException = _exceptions.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The small set that comes with the program, the same everywhere.</summary>
    public static PublicSuffixes Common { get; } = MakeCommon();

    /// <summary>Reads a list in the format of <c>public_suffix_list.dat</c>.</summary>
    /// <param name="path">The file; Debian's package publicsuffix has it as /usr/share/publicsuffix/public_suffix_list.dat.</param>
    /// <param name="privately">Whether names count under which a company lets others register, such as github.io.</param>
    /// <exception cref="InvalidDataException">It holds no rule.</exception>
    public static PublicSuffixes Read(string path, bool privately)
    {
        var suffixes = new PublicSuffixes();
        foreach (string line in File.ReadLines(path))
        {
            if (!privately && line.Contains("===BEGIN PRIVATE DOMAINS===", StringComparison.Ordinal))
                break;
            if (!line.StartsWith("//", StringComparison.Ordinal))
                suffixes.Add(line);
        }
        return suffixes._plain.Count > 0 ? suffixes : throw new InvalidDataException($"'{path}' holds no suffix. It should be a public_suffix_list.dat, a rule a line (publicsuffix.org).");
    }

    /// <summary>The part of a host that someone registered: <c>bbc.co.uk</c> of <c>news.bbc.co.uk</c>. The host itself where it is a number, a suffix, or one word.</summary>
    public ReadOnlySpan<char> RegisteredDomain(ReadOnlySpan<char> host)
    {
        if (host.IsEmpty || host[0] == '[' || IsAddress(host))
            return host;
        // Starts of the labels from the right, until no rule can be as long.
        int start = host.LastIndexOf('.') + 1, registered = start == 0 ? 0 : LabelBefore(host, start);
        while (start > 0)
        {
            ReadOnlySpan<char> suffix = host[start..];
            int before = LabelBefore(host, start);
            if (_isException.Contains(host[before..]))
                return host[before..];
            if (_isPlain.Contains(suffix))
                registered = before;
            if (_isWildcard.Contains(suffix) && before > 0)
                registered = LabelBefore(host, before);
            start = before;
        }
        return host[registered..];
    }

    private static int LabelBefore(ReadOnlySpan<char> host, int start) => start <= 1 ? 0 : host[..(start - 1)].LastIndexOf('.') + 1;

    private static bool IsAddress(ReadOnlySpan<char> host) => char.IsAsciiDigit(host[^1]) && !host.ContainsAnyExceptInRange('.', '9') && !host.Contains('/');

    private void Add(string line)
    {
        int end = line.AsSpan().IndexOfAny(" \t\r");
        string rule = end < 0 ? line : line[..end];
        if (rule.Length == 0)
            return;
        // Lists write names in their own letters, addresses mostly as "xn--…".
        if (!Ascii.IsValid(rule) && ToAscii(rule) is { } ascii)
            Add(ascii);
        if (rule[0] == '!')
            _exceptions.Add(rule[1..]);
        else if (rule.StartsWith("*.", StringComparison.Ordinal))
            _wildcards.Add(rule[2..]);
        else
            _plain.Add(rule);
    }

    private static string? ToAscii(string rule)
    {
        string lead = rule[0] == '!' ? "!" : rule.StartsWith("*.", StringComparison.Ordinal) ? "*." : "";
        try
        {
            return lead + new IdnMapping().GetAscii(rule[lead.Length..]);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static PublicSuffixes MakeCommon()
    {
        var suffixes = new PublicSuffixes();
        foreach (string country in CommonSuffixes.SecondLevel.Split(' '))
        {
            string code = country[..2];
            foreach (string second in country[3..].Split(','))
                suffixes.Add($"{second}.{code}");
        }
        foreach (string wildcard in CommonSuffixes.Wildcards.Split(' '))
            suffixes.Add("*." + wildcard);
        foreach (string exception in CommonSuffixes.Exceptions.Split(' '))
            suffixes.Add("!" + exception);
        return suffixes;
    }
}
