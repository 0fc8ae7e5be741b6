using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>Cuts texts into shingles and makes a number of each. One for each worker.</summary>
internal abstract class Shingler
{
    /// <summary>The shingles of the last text as they stand in it; repeated ones are there repeatedly.</summary>
    public abstract ReadOnlySpan<ulong> Wide { get; }

    /// <summary>The same in 32 bits.</summary>
    public abstract ReadOnlySpan<uint> Short { get; }

    /// <summary>Cuts a text; false where it is too short for a single shingle.</summary>
    public abstract bool Cut(string text);

    public static Shingler Of(MinHashPlan plan) => plan.Scheme switch
    {
        MinHashScheme.Own => new RollingShingler(plan.Ngram),
        MinHashScheme.Datatrove => new WordShingler(plan.Ngram, plan.Hash),
        _ => new CharacterShingler(plan.Ngram),
    };

    protected static T[] Grown<T>(T[] array, int length) => array.Length >= length ? array : new T[Math.Max(length, array.Length * 2)];
}

/// <summary>datatrove's shingles: n words with a space between two, hashed as bytes. A text of fewer words has none.</summary>
internal sealed class WordShingler(int n, ShingleHash hash) : Shingler
{
    private readonly WordScanner _words = new(CharacterFolds.Datatrove);
    private ulong[] _shingles = new ulong[1 << 10];
    private uint[] _short = [];
    private int _count;

    public override ReadOnlySpan<ulong> Wide => _shingles.AsSpan(0, _count);

    public override ReadOnlySpan<uint> Short
    {
        get
        {
            _short = Grown(_short, _count);
            for (int i = 0; i < _count; i++)
                _short[i] = (uint)(_shingles[i] >> 32);
            return _short.AsSpan(0, _count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool Cut(string text)
    {
        _words.Scan(text);
        _count = Math.Max(0, _words.Count - n + 1);
        _shingles = Grown(_shingles, _count);
        ReadOnlySpan<byte> bytes = _words.Bytes;
        ReadOnlySpan<int> starts = _words.Starts;
        if (hash == ShingleHash.Sha1)
        {
            Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
            for (int i = 0; i < _count; i++)
            {
#pragma warning disable CA5350 // It is what FineWeb's signatures are made with; nothing is kept secret by it.
                SHA1.HashData(bytes[starts[i]..(starts[i + n] - 1)], digest);
#pragma warning restore CA5350
                _shingles[i] = BinaryPrimitives.ReadUInt64LittleEndian(digest);
            }
            return _count > 0;
        }
        ref byte first = ref MemoryMarshal.GetReference(bytes);
        for (int i = 0; i < _count; i++)
            _shingles[i] = XxHash64.OfPadded(ref Unsafe.Add(ref first, starts[i]), (nuint)(starts[i + n] - 1 - starts[i]));
        return _count > 0;
    }
}

/// <summary>Our shingles: a polynomial over the hashes of n words, moved on by one product a word whatever n is. Texts of fewer words are one shingle.</summary>
internal sealed class RollingShingler : Shingler
{
    private const ulong Step = 0x9E3779B97F4A7C15, Mixer = 0xA0761D6478BD642F, Last = 0xE7037ED1A0B428DB;
    private readonly WordScanner _words = new(CharacterFolds.Split);
    private readonly int _n;
    private readonly ulong _leaving = 1;
    private ulong[] _hashes = new ulong[1 << 10], _wide = [];
    private uint[] _shingles = new uint[1 << 10];
    private int _count;

    public RollingShingler(int n)
    {
        _n = n;
        for (int i = 0; i < n; i++)
            _leaving *= Step;
    }

    public override ReadOnlySpan<uint> Short => _shingles.AsSpan(0, _count);

    public override ReadOnlySpan<ulong> Wide
    {
        get
        {
            _wide = Grown(_wide, _count);
            for (int i = 0; i < _count; i++)
                _wide[i] = _shingles[i];
            return _wide.AsSpan(0, _count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override bool Cut(string text)
    {
        _words.Scan(text);
        int words = _words.Count, n = Math.Min(_n, words);
        _count = words == 0 ? 0 : words - n + 1;
        _hashes = Grown(_hashes, words);
        _shingles = Grown(_shingles, _count);
        ulong[] hashes = _hashes;
        ref byte bytes = ref MemoryMarshal.GetReference(_words.Bytes);
        ReadOnlySpan<int> starts = _words.Starts;
        ulong rolling = 0;
        for (int i = 0; i < words; i++)
        {
            ulong hash = Hash(ref Unsafe.Add(ref bytes, starts[i]), starts[i + 1] - 1 - starts[i]);
            hashes[i] = hash;
            rolling = rolling * Step + hash;
            if (i >= _n)
                rolling -= hashes[i - _n] * _leaving;
            if (i >= n - 1)
                _shingles[i - n + 1] = (uint)(Mix(rolling, Last) >> 32);
        }
        return _count > 0;
    }

    /// <summary>Reads up to seven bytes behind the word, which the scanner's buffer has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(ref byte word, int length)
    {
        ulong hash = (ulong)length * Last;
        for (; length > 8; length -= 8, word = ref Unsafe.Add(ref word, 8))
            hash = Mix(hash ^ Unsafe.ReadUnaligned<ulong>(ref word), Mixer);
        return Mix(hash ^ (Unsafe.ReadUnaligned<ulong>(ref word) & (ulong.MaxValue >> (64 - 8 * length))), Mixer);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong x, ulong y)
    {
        ulong high = Math.BigMul(x ^ Step, y, out ulong low);
        return high ^ low;
    }
}

/// <summary>SlimPajama's shingles: n characters of the lowered text without ASCII punctuation, white space folded; SHA-1 cut to 32 bits as datasketch does.</summary>
internal sealed class CharacterShingler(int n) : Shingler
{
    private ulong[] _shingles = new ulong[1 << 10];
    private uint[] _short = [];
    private byte[] _bytes = [];
    private int[] _starts = [];
    private int _count;

    public override ReadOnlySpan<ulong> Wide => _shingles.AsSpan(0, _count);

    public override ReadOnlySpan<uint> Short
    {
        get
        {
            _short = Grown(_short, _count);
            for (int i = 0; i < _count; i++)
                _short[i] = (uint)_shingles[i];
            return _short.AsSpan(0, _count);
        }
    }

    public override bool Cut(string text)
    {
        int characters = Fold(text);
        _count = Math.Max(0, characters - n + 1);
        _shingles = Grown(_shingles, _count);
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        for (int i = 0; i < _count; i++)
        {
#pragma warning disable CA5350 // It is what SlimPajama's signatures are made with; nothing is kept secret by it.
            SHA1.HashData(_bytes.AsSpan(_starts[i].._starts[i + n]), digest);
#pragma warning restore CA5350
            _shingles[i] = BinaryPrimitives.ReadUInt32LittleEndian(digest);
        }
        return _count > 0;
    }

    private int Fold(string text)
    {
        _bytes = Grown(_bytes, 3 * text.Length + 8);
        _starts = Grown(_starts, text.Length + 2);
        int length = 0, characters = 0;
        bool gap = false;
        for (int i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out Rune rune, out int used);
            int at = i;
            i += used;
            if (rune.IsAscii && (char.IsPunctuation((char)rune.Value) || char.IsSymbol((char)rune.Value)))
                continue;
            if (Rune.IsWhiteSpace(rune) || rune.Value is >= 0x1C and <= 0x1F)
            {
                gap = true;
                continue;
            }
            if (gap && characters > 0)
            {
                _starts[characters++] = length;
                _bytes[length++] = (byte)' ';
            }
            gap = false;
            _starts[characters++] = length;
            Rune lower = rune.Value == 0x3A3 && WordScanner.IsFinalSigma(text, at) ? new Rune('\u03C2') : rune.Value == 0x130 ? new Rune('i') : Rune.ToLowerInvariant(rune);
            length += lower.EncodeToUtf8(_bytes.AsSpan(length));
            if (rune.Value == 0x130)
            {
                _starts = Resized(_starts, characters + text.Length - i + 2);
                _starts[characters++] = length;
                _bytes = Resized(_bytes, length + 3 * (text.Length - i) + 8);
                length += new Rune(0x307).EncodeToUtf8(_bytes.AsSpan(length));
            }
        }
        _starts[characters] = length;
        return characters;
    }

    private static T[] Resized<T>(T[] array, int length)
    {
        if (array.Length < length)
            Array.Resize(ref array, length * 2);
        return array;
    }
}
