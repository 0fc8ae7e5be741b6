using Athanor.Data.Documents;
using Athanor.Data.Steps;
using Athanor.Data.Urls;
using Athanor.Runs.Settings;

namespace Athanor.Data.Policies;

/// <summary>Settings of <c>takedown</c>: documents that somebody has asked to be left out, by address, host or id.</summary>
public sealed record TakedownSettings : IStepSource, IValidated
{
    /// <summary>A file of addresses, one a line; scheme, "www." and a final slash do not matter.</summary>
    [Input]
    public RecipePath? Urls { get; init; }

    /// <summary>A file of hosts, one a line; hosts below them are meant too.</summary>
    [Input]
    public RecipePath? Hosts { get; init; }

    /// <summary>A file of document ids, one a line.</summary>
    [Input]
    public RecipePath? Ids { get; init; }

    /// <summary>Hosts beside those of the file.</summary>
    public IReadOnlyList<string> MoreHosts { get; init; } = [];

    /// <summary>Metadata that holds addresses of the document.</summary>
    public IReadOnlyList<string> Fields { get; init; } = ["url", "canonical_url"];

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Urls is not null || Hosts is not null || Ids is not null || MoreHosts.Count > 0, nameof(Urls), "No list is given.", "Name a file of urls, hosts or ids.");
        check.Require(Fields.Count > 0 || (Urls is null && Hosts is null && MoreHosts.Count == 0), nameof(Fields), "No metadata is named in which addresses are.", "Write fields: [url].");
    }

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        var urls = new NameSet(ListFile.Read(Urls, []).Select(url => UrlText.Comparable(url)));
        var hosts = new NameSet(ListFile.Read(Hosts, MoreHosts).Select(host => UrlText.Host(host).ToString().ToLowerInvariant()));
        var ids = new NameSet(ListFile.Read(Ids, []));
        return () => new TakedownStep(this, urls, hosts, ids);
    }
}

/// <summary>Removes what is on a takedown list.</summary>
internal sealed class TakedownStep(TakedownSettings settings, NameSet urls, NameSet hosts, NameSet ids) : DocumentStep
{
    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        if (ids.Contains(document.Id))
            return new Removal("takedown_id", Note: document.Id);
        foreach (string field in settings.Fields)
        {
            if (!document.Metadata.TryGetValue(field, out string? url))
                continue;
            if (urls.Count > 0 && urls.Contains(UrlText.Comparable(url)))
                return new Removal("takedown_url", Note: url);
            ReadOnlySpan<char> host = hosts.Count > 0 ? UrlText.Host(url).ToString().ToLowerInvariant() : default;
            while (!host.IsEmpty)
            {
                if (hosts.Contains(host))
                    return new Removal("takedown_host", Note: host.ToString());
                int dot = host.IndexOf('.');
                host = dot < 0 ? default : host[(dot + 1)..];
            }
        }
        return null;
    }
}
