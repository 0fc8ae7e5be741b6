using System.ComponentModel.DataAnnotations;
using Athanor.Data.Documents;
using Athanor.Data.Matching;
using Athanor.Data.Steps;
using Athanor.Runs.Settings;

namespace Athanor.Data.Urls;

/// <summary>Whose rules for addresses.</summary>
public enum UrlRules
{
    /// <summary>Those of RefinedWeb, words in any case, and a blocked host blocks the hosts below it.</summary>
    Athanor,

    /// <summary>As datatrove 0.10 decides: words of the address count in lower case alone, and only the registered domain and the very host are looked up.</summary>
    Datatrove,
}

/// <summary>What becomes of documents that lack what a step looks at.</summary>
public enum Missing
{
    /// <summary>They stay.</summary>
    Keep,

    /// <summary>They are removed.</summary>
    Remove,
}

/// <summary>Settings of <c>filter_url</c>: removes documents by their addresses (RefinedWeb, arXiv 2306.01116, appendix G.1).</summary>
public sealed record FilterUrlSettings : IStepSource, IValidated
{
    /// <summary>Whose rules.</summary>
    public UrlRules Rules { get; init; }

    /// <summary>Whether the program's own small word lists count beside those given.</summary>
    public bool OwnWords { get; init; } = true;

    /// <summary>A file of domains and hosts that are removed, one a line (the UT1 lists' format).</summary>
    [Input]
    public RecipePath? Domains { get; init; }

    /// <summary>A file of addresses that are removed, one a line.</summary>
    [Input]
    public RecipePath? Urls { get; init; }

    /// <summary>A file of words of which one is enough.</summary>
    [Input]
    public RecipePath? HardWords { get; init; }

    /// <summary>A file of words of which <see cref="SoftThreshold"/> are.</summary>
    [Input]
    public RecipePath? SoftWords { get; init; }

    /// <summary>A file of words that are looked for within words, signs left out.</summary>
    [Input]
    public RecipePath? SubWords { get; init; }

    /// <summary>A file of words that are looked for within words, hyphens and dots alone left out (DCLM's strict list).</summary>
    [Input]
    public RecipePath? StrictWords { get; init; }

    /// <summary>Domains and hosts beside those of the file.</summary>
    public IReadOnlyList<string> MoreDomains { get; init; } = [];

    /// <summary>Hosts and domains that stay whatever the lists say.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>Different soft words that remove a document.</summary>
    [Range(1, 100)]
    public int SoftThreshold { get; init; } = 2;

    /// <summary>The Public Suffix List (public_suffix_list.dat); left out, a small one that comes with the program.</summary>
    [Input]
    public RecipePath? PublicSuffixes { get; init; }

    /// <summary>The metadata that holds the address.</summary>
    public string Field { get; init; } = "url";

    /// <summary>What becomes of documents without an address.</summary>
    public Missing WithoutUrl { get; init; }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Rules != UrlRules.Datatrove || Allow.Count == 0, nameof(Allow), "datatrove has no list of what is allowed.", "Leave allow out or write rules: athanor.");
        check.Require(OwnWords || Domains is not null || Urls is not null || HardWords is not null || SoftWords is not null || SubWords is not null || StrictWords is not null || MoreDomains.Count > 0,
            nameof(OwnWords), "No list is given, so nothing would be removed.", "Name a list or write own_words: true.");
    }

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        var lists = new UrlLists(this);
        return () => new FilterUrlStep(this, lists);
    }
}

/// <summary>The lists of a URL filter, shared by the workers.</summary>
internal sealed class UrlLists
{
    public UrlLists(FilterUrlSettings settings)
    {
        bool lower = settings.Rules == UrlRules.Athanor;
        string[] own = settings.OwnWords ? UrlWords.Hard : [], ownSoft = settings.OwnWords ? UrlWords.Soft : [], ownSub = settings.OwnWords ? UrlWords.Sub : [];
        Domains = new NameSet(ListFile.Read(settings.Domains, settings.MoreDomains).Select(name => lower ? name.ToLowerInvariant() : name));
        Urls = new NameSet(ListFile.Read(settings.Urls, []).Select(url => lower ? UrlText.Comparable(url) : url));
        Allow = new NameSet(settings.Allow.Select(name => name.ToLowerInvariant()));
        Hard = Words(settings.HardWords, own);
        Soft = Words(settings.SoftWords, ownSoft);
        Sub = Machine(settings.SubWords, ownSub);
        Strict = Machine(settings.StrictWords, []);
        Suffixes = settings.PublicSuffixes is { } path ? PublicSuffixes.Read(path.FullPath, privately: false) : PublicSuffixes.Common;
    }

    public NameSet Domains { get; }
    public NameSet Urls { get; }
    public NameSet Allow { get; }
    public HashSet<string> Hard { get; }
    public HashSet<string> Soft { get; }
    public (AhoCorasick Machine, string[] Words)? Sub { get; }
    public (AhoCorasick Machine, string[] Words)? Strict { get; }
    public PublicSuffixes Suffixes { get; }

    private static HashSet<string> Words(RecipePath? file, string[] own) => [.. ListFile.Read(file, own).Select(Plain).Where(word => word.Length > 0)];

    private static (AhoCorasick, string[])? Machine(RecipePath? file, string[] own)
    {
        string[] words = [.. ListFile.Read(file, own).Select(Plain).Where(word => word.Length > 0).Distinct(StringComparer.Ordinal)];
        return words.Length == 0 ? null : (new AhoCorasick(words), words);
    }

    /// <summary>Letters and digits in lower case, as datatrove and DCLM read their lists.</summary>
    private static string Plain(string word) => string.Concat(word.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
}

/// <summary>Removes documents by their addresses: lists first, then words.</summary>
internal sealed class FilterUrlStep(FilterUrlSettings settings, UrlLists lists) : DocumentStep
{
    private readonly bool _exact = settings.Rules == UrlRules.Datatrove;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _hard = lists.Hard.GetAlternateLookup<ReadOnlySpan<char>>(), _soft = lists.Soft.GetAlternateLookup<ReadOnlySpan<char>>();
    private readonly List<string> _softFound = [];
    private char[] _letters = new char[256];

    public override IReadOnlyList<string> Signals { get; } = ["soft_words"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        if (!document.Metadata.TryGetValue(settings.Field, out string? url) || url.Length == 0)
            return settings.WithoutUrl == Missing.Remove ? new Removal("no_url") : null;
        signals[0] = CountSoft(url);
        ReadOnlySpan<char> host = UrlText.Host(url);
        if (!_exact)
            host = host.ToString().ToLowerInvariant();
        ReadOnlySpan<char> domain = lists.Suffixes.RegisteredDomain(host);
        if (lists.Allow.Count > 0 && Blocked(lists.Allow, host, domain) is not null)
            return null;
        return ByLists(url, host, domain) ?? ByWords(url);
    }

    private Removal? ByLists(string url, ReadOnlySpan<char> host, ReadOnlySpan<char> domain)
    {
        if (lists.Domains.Count > 0)
        {
            if (lists.Domains.Contains(domain))
                return new Removal("domain", Note: domain.ToString());
            string? blocked = !_exact ? Blocked(lists.Domains, host, domain) : lists.Domains.Contains(host) ? host.ToString() : null;
            if (blocked is not null)
                return new Removal("subdomain", Note: blocked);
        }
        return lists.Urls.Count > 0 && lists.Urls.Contains(_exact ? url : UrlText.Comparable(url)) ? new Removal("url", Note: url) : null;
    }

    /// <summary>The host, or one above it down to the registered domain, that is in a list.</summary>
    private static string? Blocked(NameSet names, ReadOnlySpan<char> host, ReadOnlySpan<char> domain)
    {
        while (host.Length >= domain.Length)
        {
            if (names.Contains(host))
                return host.ToString();
            int dot = host.IndexOf('.');
            if (dot < 0)
                break;
            host = host[(dot + 1)..];
        }
        return null;
    }

    private Removal? ByWords(string url)
    {
        for (int at = 0; NextWord(url, ref at) is { IsEmpty: false } word;)
        {
            if (_hard.Contains(word))
                return new Removal("hard_word", Note: word.ToString());
        }
        if (_softFound.Count >= settings.SoftThreshold)
            return new Removal("soft_words", _softFound.Count, settings.SoftThreshold, Note: string.Join(' ', _softFound));
        if (lists.Sub is { } sub && Inside(sub, url, strict: false) is { } found)
            return new Removal("sub_word", Note: found);
        return lists.Strict is { } strict && Inside(strict, url, strict: true) is { } hit ? new Removal("strict_word", Note: hit) : null;
    }

    private int CountSoft(string url)
    {
        _softFound.Clear();
        for (int at = 0; NextWord(url, ref at) is { IsEmpty: false } word;)
        {
            if (_soft.TryGetValue(word, out string? known) && !_softFound.Contains(known))
                _softFound.Add(known);
        }
        return _softFound.Count;
    }

    /// <summary>The next run of ASCII letters and digits, lower-cased but where datatrove forgets to.</summary>
    private ReadOnlySpan<char> NextWord(string url, ref int at)
    {
        while (at < url.Length && !char.IsAsciiLetterOrDigit(url[at]))
            at++;
        int begin = at;
        while (at < url.Length && char.IsAsciiLetterOrDigit(url[at]))
            at++;
        ReadOnlySpan<char> word = url.AsSpan(begin, at - begin);
        if (_exact || word.IndexOfAnyInRange('A', 'Z') < 0)
            return word;
        Span<char> lower = Letters(word.Length);
        word.ToLowerInvariant(lower);
        return lower;
    }

    private string? Inside((AhoCorasick Machine, string[] Words) list, string url, bool strict)
    {
        Span<char> letters = Letters(url.Length);
        int length = 0;
        foreach (char c in url)
        {
            if (strict ? c is not ('-' or '.') : char.IsAsciiLetterOrDigit(c))
                letters[length++] = c;
        }
        int word = list.Machine.Find(letters[..length], out _);
        return word < 0 ? null : list.Words[word];
    }

    private Span<char> Letters(int length)
    {
        if (_letters.Length < length)
            _letters = new char[length * 2];
        return _letters.AsSpan(0, length);
    }
}
