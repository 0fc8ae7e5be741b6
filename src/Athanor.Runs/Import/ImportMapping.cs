namespace Athanor.Runs.Import;

/// <summary>How keys of another program's configuration become keys of recipes. Later rules win, so that higher projects can adapt the table.</summary>
public sealed class ImportMapping
{
    private readonly Dictionary<string, Rule> _rules = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _constants = new(StringComparer.Ordinal);

    internal sealed record Rule(string? Target, Func<string, string?>? Convert, string? Note);

    /// <summary>Keys that the result has in any case.</summary>
    public IReadOnlyDictionary<string, string> Constants => _constants;

    /// <summary>Maps a key. In both paths <c>[]</c> stands for the items of a list and a last <c>*</c> for any name.</summary>
    /// <param name="key">Theirs: <c>datasets[].path</c>.</param>
    /// <param name="target">Ours: <c>stages.data.sources[].path</c>.</param>
    /// <param name="convert">Their value to ours; null where ours has no such value.</param>
    public ImportMapping Map(string key, string target, Func<string, string?>? convert = null)
    {
        _rules[key] = new Rule(target, convert, null);
        return this;
    }

    /// <summary>Says why a key needs no counterpart.</summary>
    public ImportMapping Note(string key, string note)
    {
        _rules[key] = new Rule(null, null, note);
        return this;
    }

    /// <summary>Adds a key to every result: <c>stages.train.use</c>.</summary>
    public ImportMapping Constant(string target, string value)
    {
        _constants[target] = value;
        return this;
    }

    /// <summary>A converter of words.</summary>
    public static Func<string, string?> Words(params (string Theirs, string Ours)[] pairs) =>
        word => pairs.FirstOrDefault(pair => pair.Theirs.Equals(word, StringComparison.OrdinalIgnoreCase)).Ours;

    internal Rule? Find(string key) =>
        _rules.GetValueOrDefault(key) ?? (key.LastIndexOf('.') is > 0 and int dot ? _rules.GetValueOrDefault(key[..dot] + ".*") : null);

    internal IEnumerable<string> Keys => _rules.Keys;
}
