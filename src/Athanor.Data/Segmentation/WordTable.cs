using System.Runtime.CompilerServices;

namespace Athanor.Data.Segmentation;

/// <summary>What a word is, as far as filters ask.</summary>
[Flags]
internal enum WordTraits : ushort
{
    None = 0,

    /// <summary>A letter is in it.</summary>
    Alphabetic = 1,

    /// <summary>Something other than datatrove's punctuation is in it.</summary>
    Solid = 2,

    /// <summary>It is a character that ends a sentence.</summary>
    SentenceEnd = 4,

    /// <summary>It consists of punctuation in Unicode's sense.</summary>
    Punctuation = 8,

    /// <summary>It consists of ASCII letters.</summary>
    Plain = 16,

    /// <summary>It is white space: a line break or a wide gap, which some rules take for a word.</summary>
    Gap = 32,

    /// <summary>One of Gopher's eight stop words, in small letters.</summary>
    StopWord = 64,

    /// <summary>One of Gopher's eight stop words, whatever its case.</summary>
    StopWordAnyCase = 128,
}

/// <summary>The words of a text, as parallel arrays that are used again for the next text.</summary>
internal sealed class WordTable
{
    private int[] _starts = new int[1024], _units = new int[1024], _points = new int[1024];
    private ulong[] _hashes = new ulong[1024];
    private WordTraits[] _traits = new WordTraits[1024];

    public int Count { get; private set; }

    /// <summary>First UTF-16 code unit of each word.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Count);

    /// <summary>UTF-16 code units of each word.</summary>
    public ReadOnlySpan<int> Units => _units.AsSpan(0, Count);

    /// <summary>Code points of each word, which is what Python calls its length.</summary>
    public ReadOnlySpan<int> Points => _points.AsSpan(0, Count);

    /// <summary><see cref="WordHash"/> of each word.</summary>
    public ReadOnlySpan<ulong> Hashes => _hashes.AsSpan(0, Count);

    public ReadOnlySpan<WordTraits> Traits => _traits.AsSpan(0, Count);

    public void Clear() => Count = 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int start, int units, int points, ulong hash, WordTraits traits)
    {
        int at = Count;
        if (at == _starts.Length)
            Grow();
        _starts[at] = start;
        _units[at] = units;
        _points[at] = points;
        _hashes[at] = hash;
        _traits[at] = traits;
        Count = at + 1;
    }

    /// <summary>Adds words whose places are counted from an offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddRange(ReadOnlySpan<Part> parts, int offset)
    {
        int at = Count;
        while (at + parts.Length > _starts.Length)
            Grow();
        Count = at + parts.Length;
        foreach (ref readonly Part part in parts)
        {
            _starts[at] = part.Start + offset;
            _units[at] = part.Units;
            _points[at] = part.Points;
            _hashes[at] = part.Hash;
            _traits[at] = part.Traits;
            at++;
        }
    }

    /// <summary>A word within a short piece of text.</summary>
    public readonly record struct Part(ulong Hash, ushort Start, ushort Units, ushort Points, WordTraits Traits);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow()
    {
        int size = _starts.Length * 2;
        Array.Resize(ref _starts, size);
        Array.Resize(ref _units, size);
        Array.Resize(ref _points, size);
        Array.Resize(ref _hashes, size);
        Array.Resize(ref _traits, size);
    }
}
