using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.Bpe;

/// <summary>
/// The merges that can happen, renumbered: symbols 0 to 255 are the bytes, symbol 256 + k is what the k-th merge makes.
/// A token has one merge at most: where it comes out of a longer text, the merges inside it are those that happen to its bytes alone,
/// so only the last of these can ever make it, whatever else a file lists. A symbol's number is thereby also its rank.
/// </summary>
internal sealed class BpeSymbols
{
    /// <summary>Symbols that fit the packed slots of <see cref="PairTable"/>.</summary>
    public const int MaxSymbols = (1 << 21) - 1;

    private const int FilterBits = 20;

    private readonly int[] _left, _right;
    private readonly ulong[] _filter = new ulong[1 << (FilterBits - 6)];

    private BpeSymbols(Vocabulary vocabulary, int[] ids, int[] left, int[] right, bool[] whole, PairTable pairs)
    {
        (Ids, _left, _right, Whole, Pairs) = (ids, left, right, whole, pairs);
        Monotone = true;
        for (int symbol = 256; symbol < left.Length; symbol++)
            Monotone &= left[symbol] < symbol && right[symbol] < symbol;
        Trie = Monotone ? new TokenTrie(this, vocabulary) : null;
        for (int id = 0; id < whole.Length; id++)
        {
            if (!whole[id] || vocabulary[id].Length > BpeScratch.ShortBytes)
                continue;
            (ulong low, ulong high) = ShortKey(vocabulary[id]);
            uint bit = FilterBit(low, high);
            _filter[bit >> 6] |= 1UL << (int)bit;
        }
        AllBytes = !ids.AsSpan(0, 256).Contains(-1);
    }

    /// <summary>The id of each symbol; -1 for a byte without a token.</summary>
    public int[] Ids { get; }

    /// <summary>By id: whether a piece of exactly this token's bytes is this token.</summary>
    public bool[] Whole { get; }

    public PairTable Pairs { get; }

    /// <summary>The longest tokens beyond ASCII, where <see cref="Monotone"/>.</summary>
    public TokenTrie? Trie { get; }

    /// <summary>Whether every merge comes after those that make its parts, as in every trained vocabulary.</summary>
    public bool Monotone { get; }

    /// <summary>Whether every byte has a token.</summary>
    public bool AllBytes { get; }

    public int Count => _left.Length;

    /// <summary>A piece of up to 15 bytes as two words, its length the topmost byte.</summary>
    public static (ulong Low, ulong High) ShortKey(ReadOnlySpan<byte> piece)
    {
        Span<byte> key = stackalloc byte[16];
        key.Clear();
        piece.CopyTo(key);
        return (MemoryMarshal.Read<ulong>(key), MemoryMarshal.Read<ulong>(key[8..]) | ((ulong)piece.Length << 56));
    }

    /// <summary>False where no token is this piece of up to 15 bytes. Most pieces that are asked for are none, and finding that out in the vocabulary costs three cache misses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayBeWhole(ulong low, ulong high)
    {
        uint bit = FilterBit(low, high);
        return (_filter[bit >> 6] >> (int)bit & 1) != 0;
    }

    private static uint FilterBit(ulong low, ulong high) => (uint)(((low * 0xD6E8FEB86659FD93) + (high * 0xA0761D6478BD642F)) >> (64 - FilterBits));

    public int Left(int symbol) => _left[symbol];

    public int Right(int symbol) => _right[symbol];

    /// <summary>Finds the one merge of each token that can happen.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="ranks">All merges by pair of ids.</param>
    /// <param name="idOfByte">The ids of the bytes, below -1 for those without a token.</param>
    /// <param name="wholeFirst">Whether a piece that is a token becomes it before any merge.</param>
    public static BpeSymbols Build(Vocabulary vocabulary, MergeRanks ranks, int[] idOfByte, bool wholeFirst)
    {
        var merger = new HeapMerger();
        var merges = new List<(uint Rank, int Id, int Left, int Right)>();
        var whole = new bool[vocabulary.Count];
        var symbols = new int[vocabulary.MaxTokenLength];
        Span<int> few = stackalloc int[SmallMerger.Most];
        for (int id = 0; id < vocabulary.Count; id++)
        {
            ReadOnlySpan<byte> token = vocabulary[id];
            if (token.IsEmpty)
                continue;
            if (token.Length == 1)
            {
                whole[id] = true;
                continue;
            }
            int left, right;
            int count = token.Length <= SmallMerger.Most
                ? SmallMerger.Merge(token, ranks, few, out left, out right)
                : merger.Merge(token, ranks, symbols, out left, out right);
            bool reached = count == 1;
            whole[id] = reached || wholeFirst;
            if (reached && ranks.TryGet(left, right, out uint rank, out _))
                merges.Add((rank, id, left, right));
        }
        if (merges.Count + 256 > MaxSymbols)
            throw new ArgumentException($"The vocabulary has {merges.Count} merged tokens; at most {MaxSymbols - 256} are supported.");
        merges.Sort((a, b) => a.Rank.CompareTo(b.Rank));
        var ids = new int[256 + merges.Count];
        var symbolOf = new Dictionary<int, int>(ids.Length);
        for (int value = 0; value < 256; value++)
        {
            ids[value] = Math.Max(-1, idOfByte[value]);
            symbolOf[idOfByte[value]] = value;
        }
        for (int k = 0; k < merges.Count; k++)
            symbolOf[ids[256 + k] = merges[k].Id] = 256 + k;
        var lefts = new int[ids.Length];
        var rights = new int[ids.Length];
        var pairs = new PairTable(merges.Count);
        for (int k = 0; k < merges.Count; k++)
        {
            (lefts[256 + k], rights[256 + k]) = (symbolOf[merges[k].Left], symbolOf[merges[k].Right]);
            pairs.Add(lefts[256 + k], rights[256 + k], 256 + k);
        }
        return new BpeSymbols(vocabulary, ids, lefts, rights, whole, pairs);
    }

    /// <summary>
    /// Whether two symbols stay two when their bytes are encoded together: undoes merges on both sides of the border, latest first, and looks whether
    /// a pair across it would have gone first. With that for all neighbours a sequence is the encoding, since the first merge that departs from it would be across a border.
    /// Valid for <see cref="Monotone"/> merges. Idea: the crate bpe of rust-gems.
    /// </summary>
    public bool StayApart(int left, int right)
    {
        uint limit = uint.MaxValue;
        while (true)
        {
            if (Pairs.Find(left, right) < limit)
                return false;
            // Of two merges of one rank the left one goes first: a pair across loses against the left part's merge of its own rank, and wins against the right part's.
            if (left > right)
            {
                if (left < 256)
                    return true;
                limit = (uint)left;
                left = _right[left];
            }
            else
            {
                if (right < 256)
                    return true;
                limit = (uint)right + 1;
                right = _left[right];
            }
        }
    }
}
