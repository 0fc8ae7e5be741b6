using Athanor.Data.Documents;
using Athanor.Data.Extraction;
using Athanor.Data.Steps;
using Athanor.Data.Urls;
using Athanor.Runs.Settings;

namespace Athanor.Data.Policies;

/// <summary>
/// Settings of <c>filter_policy</c>: what owners of pages have said about their use. <c>extract_html</c> and the readers of crawls record it as metadata: <c>robots</c> (meta elements),
/// <c>x_robots_tag</c> and <c>tdm_reservation</c> (headers, or meta elements), <c>license</c>.
/// </summary>
public sealed record FilterPolicySettings : IStepSource, IValidated
{
    /// <summary>Directives that remove a document: <c>noai</c>, and where wanted <c>noimageai</c>, <c>noindex</c>, <c>noarchive</c>.</summary>
    public IReadOnlyList<string> Directives { get; init; } = ["noai"];

    /// <summary>Crawlers whose own directives count beside those for all.</summary>
    public IReadOnlyList<string> Agents { get; init; } = ["gptbot", "ccbot", "google-extended"];

    /// <summary>Whether a reservation of text and data mining (W3C TDM Reservation Protocol, <c>tdm-reservation: 1</c>) removes a document.</summary>
    public bool TdmReservation { get; init; } = true;

    /// <summary>Licences that are allowed: identifiers (<c>CC-BY-4.0</c>) or their beginnings (<c>CC-BY</c>, all versions of it, not CC-BY-NC). Empty where all are.</summary>
    public IReadOnlyList<string> Licenses { get; init; } = [];

    /// <summary>What becomes of documents without a licence where licences are listed.</summary>
    public Missing WithoutLicense { get; init; } = Missing.Remove;

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Directives.Count > 0 || TdmReservation || Licenses.Count > 0, nameof(Directives), "Nothing is looked at.", "List directives or licenses, or write tdm_reservation: true.");
    }

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed) => () => new FilterPolicyStep(this);
}

/// <summary>Removes documents whose owners have opted out, or whose licence is not allowed.</summary>
internal sealed class FilterPolicyStep(FilterPolicySettings settings) : DocumentStep
{
    private static readonly string[] RobotsFields = ["robots", "x_robots_tag"];

    public override Removal? Apply(ref Document document, Span<float> signals)
    {
        foreach (string field in RobotsFields)
        {
            if (settings.Directives.Count == 0 || !document.Metadata.TryGetValue(field, out string? said))
                continue;
            foreach (string directive in RobotsDirectives.Read(said, settings.Agents))
            {
                if (settings.Directives.Contains(directive, StringComparer.OrdinalIgnoreCase))
                    return new Removal(directive, Note: $"{field}: {said}");
            }
        }
        if (settings.TdmReservation && document.Metadata.TryGetValue("tdm_reservation", out string? reserved) && reserved.Trim() == "1")
            return new Removal("tdm_reservation", Note: document.Metadata.GetValueOrDefault("tdm_policy"));
        if (settings.Licenses.Count == 0)
            return null;
        if (!document.Metadata.TryGetValue("license", out string? license) || license.Length == 0)
            return settings.WithoutLicense == Missing.Remove ? new Removal("no_license") : null;
        string name = Licences.Identify(license);
        return settings.Licenses.Any(allowed => Covers(allowed, name)) ? null : new Removal("license", Note: name);
    }

    /// <summary>Whether a licence is the allowed one or a version of it.</summary>
    private static bool Covers(string allowed, string license) =>
        license.StartsWith(allowed, StringComparison.OrdinalIgnoreCase) && (license.Length == allowed.Length || (license[allowed.Length] == '-' && license.Length > allowed.Length + 1 && char.IsAsciiDigit(license[allowed.Length + 1])));
}
