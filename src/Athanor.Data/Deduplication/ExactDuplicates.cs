using Athanor.Data.Documents;

namespace Athanor.Data.Deduplication;

/// <summary>Finds documents whose text was there before, by the hash of their content; the first one is kept. Memory: a hash and an id a distinct text.</summary>
public sealed class ExactDuplicates
{
    private readonly Dictionary<UInt128, string> _kept = [];

    /// <summary>Distinct texts so far.</summary>
    public int Distinct => _kept.Count;

    /// <summary>The id of the document with the same text that was kept, or null where this is the first.</summary>
    public string? Find(Document document)
    {
        ArgumentNullException.ThrowIfNull(document);
        UInt128 hash = ContentHash.Of(document.Text);
        if (_kept.TryGetValue(hash, out string? kept))
            return kept;
        _kept.Add(hash, document.Id);
        return null;
    }
}
