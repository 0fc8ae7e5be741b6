namespace Athanor.Runs.Import;

/// <summary>How keys of another program's configuration become keys of recipes. Later rules win, so that higher projects can adapt the table.</summary>
public sealed class ImportMapping
{
    private readonly Dictionary<string, Rule> _rules = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _constants = new(StringComparer.Ordinal);

    private readonly List<Product> _products = [];

    internal sealed record Rule(string? Target, Func<string, string?>? Convert, string? Note, string? Refusal = null, IReadOnlyList<(string Target, string? Value)>? Also = null);

    internal sealed record Product(string Target, IReadOnlyList<(string Key, double? Absent)> Factors);

    /// <summary>Keys that the result has in any case.</summary>
    public IReadOnlyDictionary<string, string> Constants => _constants;

    /// <summary>Maps a key. In both paths <c>[]</c> stands for the items of a list and a last <c>*</c> for any name; in ours <c>{}</c> is an item's number as part of a name.</summary>
    /// <param name="key">Theirs: <c>datasets[].path</c>.</param>
    /// <param name="target">Ours: <c>stages.read-{}.path</c>.</param>
    /// <param name="convert">Their value to ours; null where ours has no such value.</param>
    /// <param name="otherwise">Why there is no such value, and what to do.</param>
    /// <param name="also">Further keys that the result has then; null stands for the value itself.</param>
    public ImportMapping Map(string key, string target, Func<string, string?>? convert = null, string? otherwise = null, IReadOnlyList<(string Target, string? Value)>? also = null)
    {
        _rules[key] = new Rule(target, convert, null, otherwise, also);
        return this;
    }

    /// <summary>Says why a key has no counterpart, and what to do.</summary>
    public ImportMapping Refuse(string key, string reason)
    {
        _rules[key] = new Rule(null, null, null, reason);
        return this;
    }

    /// <summary>Makes a number of several: it stands in the result when all keys that have no value for their absence are there.</summary>
    /// <param name="target">Ours: <c>stages.train.batch_tokens</c>.</param>
    /// <param name="factors">Their keys, with the value that their absence means.</param>
    public ImportMapping Multiply(string target, params (string Key, double? Absent)[] factors)
    {
        _products.Add(new Product(target, factors));
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

    internal IReadOnlyList<Product> Products => _products;

    internal IEnumerable<string> Keys => _rules.Keys;
}
