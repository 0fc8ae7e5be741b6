using System.Runtime.InteropServices;
using Athanor.Data.Deduplication.MinHash;
using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Deduplication.Bloom;

/// <summary>A part of a document with the entries that stand for it.</summary>
internal readonly record struct BloomUnit(TextSpan Span, ulong[] Entries);

/// <summary>Cuts documents into parts and makes their entries. One for each worker.</summary>
internal interface IBloomUnits
{
    List<BloomUnit> Cut(Document document);
}

/// <summary>The whole text is one entry.</summary>
internal sealed class DocumentEntries : IBloomUnits
{
    public List<BloomUnit> Cut(Document document) =>
        [new(new TextSpan(0, document.Text.Length), [XxHash64.Of(MemoryMarshal.AsBytes(document.Text.AsSpan()))])];
}

/// <summary>Each line that is not empty is an entry, as Dolma's paragraphs are.</summary>
internal sealed class LineEntries : IBloomUnits
{
    public List<BloomUnit> Cut(Document document)
    {
        var units = new List<BloomUnit>();
        string text = document.Text;
        for (int at = 0; at < text.Length;)
        {
            int line = text.IndexOf('\n', at), end = line < 0 ? text.Length : line;
            if (end > at && !text.AsSpan(at..end).IsWhiteSpace())
                units.Add(new(new TextSpan(at, (line < 0 ? end : line + 1) - at), [XxHash64.Of(MemoryMarshal.AsBytes(text.AsSpan(at..end)))]));
            at = end + 1;
        }
        return units;
    }
}

/// <summary>The n-grams of words of each line, as BFF has them: a line of fewer words but at least <paramref name="least"/> is one shorter n-gram, of still fewer none.</summary>
internal sealed class NgramEntries(int n, int least) : IBloomUnits
{
    private const ulong Step = 0x9E3779B97F4A7C15;
    private readonly List<(int Start, int Length)> _words = [];
    private readonly List<ulong> _hashes = [];
    private readonly ulong _leaving = Power(n);

    public List<BloomUnit> Cut(Document document)
    {
        var units = new List<BloomUnit>();
        string text = document.Text;
        // A line end belongs to the paragraph behind it.
        for (int at = 0; at < text.Length;)
        {
            int end = text.IndexOf('\n', at + (at == 0 && text[0] != '\n' ? 0 : 1));
            if (end < 0)
                end = text.Length;
            units.Add(new(new TextSpan(at, end - at), Entries(text.AsSpan(at..end))));
            at = end;
        }
        return units;
    }

    private ulong[] Entries(ReadOnlySpan<char> paragraph)
    {
        WordBounds.Each(paragraph, _words);
        if (_words.Count < Math.Min(n, least) || _words.Count == 0)
            return [];
        _hashes.Clear();
        foreach ((int start, int length) in _words)
            _hashes.Add(XxHash64.Of(MemoryMarshal.AsBytes(paragraph.Slice(start, length))));
        int taken = Math.Min(n, _words.Count);
        var entries = new ulong[_words.Count - taken + 1];
        ulong rolling = 0;
        for (int i = 0; i < _hashes.Count; i++)
        {
            rolling = rolling * Step + _hashes[i];
            if (i >= n)
                rolling -= _hashes[i - n] * _leaving;
            if (i >= taken - 1)
                entries[i - taken + 1] = rolling;
        }
        return entries;
    }

    private static ulong Power(int n)
    {
        ulong power = 1;
        for (int i = 0; i < n; i++)
            power *= Step;
        return power;
    }
}

/// <summary>The bands of a MinHash signature, each for a filter of its own.</summary>
internal sealed class BandEntries(MinHashPlan plan) : IBloomUnits
{
    private readonly MinHasher _hasher = new(plan);

    public List<BloomUnit> Cut(Document document)
    {
        if (!_hasher.Sign(document.Text))
            return [];
        var bands = new ulong[plan.Bands.Bands];
        _hasher.Bands(bands);
        return [new(new TextSpan(0, document.Text.Length), bands)];
    }
}
