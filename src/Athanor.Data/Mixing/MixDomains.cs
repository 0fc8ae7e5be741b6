using Athanor.Data.Documents;

namespace Athanor.Data.Mixing;

/// <summary>Says which domain a document is of, and numbers domains: those of the settings as written, else values in the order in which they are met.</summary>
internal sealed class MixDomains
{
    private const int Most = 10_000;
    private readonly Dictionary<string, int> _byValue = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly int _others = -1;
    private readonly MixSettings _settings;

    public MixDomains(MixSettings settings)
    {
        _settings = settings;
        foreach ((string name, MixDomain domain) in settings.Domains)
        {
            foreach (string value in domain.Of.Count > 0 ? domain.Of : [name])
            {
                if (value == "*")
                    _others = _names.Count;
                else
                    _byValue[value] = _names.Count;
            }
            _names.Add(name);
        }
    }

    public IReadOnlyList<string> Names => _names;

    /// <summary>What decides about a document's domain.</summary>
    public string ValueOf(Document document) => _settings.By == "source" ? document.Source : document.Metadata.GetValueOrDefault(_settings.By, "");

    /// <summary>The number of a value's domain, or -1.</summary>
    public int Of(string value)
    {
        if (_byValue.TryGetValue(value, out int domain))
            return domain;
        if (_settings.Domains.Count > 0)
            return _others;
        if (_names.Count == Most)
            throw new InvalidDataException($"'{_settings.By}' has more than {Most:N0} values, the last being '{value}'. Give domains, or another 'by'.");
        _byValue.Add(value, _names.Count);
        _names.Add(value);
        return _names.Count - 1;
    }
}
