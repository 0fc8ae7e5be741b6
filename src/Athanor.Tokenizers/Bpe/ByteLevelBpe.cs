using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.Bpe;

/// <summary>
/// Byte pair encoding over bytes: while any neighbours of a piece merge, the pair of the lowest rank does, the leftmost first (Sennrich et al. 2016; GPT-2).
/// Exact for any ranks; O(n log n) at the worst and linear on all but adversarial vocabularies.
/// </summary>
public sealed class ByteLevelBpe : TokenModel
{
    private readonly (int Left, int Right)[] _merges;
    private readonly ScratchPool<BpeScratch> _pool;

    private ByteLevelBpe(Vocabulary vocabulary, MergeRanks ranks, int[] idOfByte, (int Left, int Right)[]? merges, bool ignoreMerges)
    {
        Vocabulary = vocabulary;
        IgnoreMerges = ignoreMerges;
        Symbols = BpeSymbols.Build(vocabulary, ranks, idOfByte, ignoreMerges);
        _merges = merges ?? Effective(Symbols);
        _pool = new ScratchPool<BpeScratch>(() => new BpeScratch(Symbols, vocabulary));
    }

    public override Vocabulary Vocabulary { get; }

    /// <summary>Whether a piece that is a token becomes that token before any merge, as <c>ignore_merges</c> of <c>tokenizer.json</c> and tiktoken have it.</summary>
    public bool IgnoreMerges { get; }

    /// <summary>The merges as pairs of ids, the first to merge first; of a model of ranks those that can happen.</summary>
    public IReadOnlyList<(int Left, int Right)> Merges => _merges;

    internal BpeSymbols Symbols { get; }

    /// <summary>A model of merges in the order of their ranks, as <c>tokenizer.json</c> and <c>merges.txt</c> list them. The order need not be that of the ids.</summary>
    /// <exception cref="ArgumentException">A merge names an id without token, makes no token of the vocabulary, or is given twice.</exception>
    public static ByteLevelBpe FromMerges(Vocabulary vocabulary, IReadOnlyList<(int Left, int Right)> merges, bool ignoreMerges = false)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(merges);
        int[] idOfByte = BytesOf(vocabulary);
        var ranks = new MergeRanks(idOfByte, merges.Count);
        var copy = new (int, int)[merges.Count];
        var joined = new byte[2 * vocabulary.MaxTokenLength];
        for (int i = 0; i < merges.Count; i++)
        {
            (int left, int right) = copy[i] = merges[i];
            if (!vocabulary.Contains(left) || !vocabulary.Contains(right))
                throw new ArgumentException($"Merge {i} is of the ids {left} and {right}, of which {(vocabulary.Contains(left) ? right : left)} has no token.");
            ReadOnlySpan<byte> a = vocabulary[left], b = vocabulary[right];
            a.CopyTo(joined);
            b.CopyTo(joined.AsSpan(a.Length));
            if (!vocabulary.TryGetId(joined.AsSpan(0, a.Length + b.Length), out int merged))
                throw new ArgumentException($"Merge {i}, of '{Show(a)}' and '{Show(b)}', makes a token that the vocabulary lacks.");
            if (!ranks.TryAdd(left, right, (uint)i, merged))
                throw new ArgumentException($"Merge {i}, of '{Show(a)}' and '{Show(b)}', is given twice.");
        }
        return new ByteLevelBpe(vocabulary, ranks, idOfByte, copy, ignoreMerges);
    }

    /// <summary>A model in which two neighbours merge where their bytes together are a token, the smallest id first, and a piece that is a token stays whole: tiktoken's.</summary>
    public static ByteLevelBpe FromRanks(Vocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        int[] idOfByte = BytesOf(vocabulary);
        var splits = new List<(int Left, int Right, int Id)>();
        for (int id = 0; id < vocabulary.Count; id++)
        {
            ReadOnlySpan<byte> token = vocabulary[id];
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (vocabulary.TryGetId(token[..cut], out int left) && vocabulary.TryGetId(token[cut..], out int right))
                    splits.Add((left, right, id));
            }
        }
        var ranks = new MergeRanks(idOfByte, splits.Count);
        foreach ((int left, int right, int id) in splits)
            ranks.TryAdd(left, right, (uint)id, id);
        return new ByteLevelBpe(vocabulary, ranks, idOfByte, null, ignoreMerges: true);
    }

    internal override unsafe void Encode(ReadOnlySpan<byte> piece, int start, TokenBuffer output)
    {
        if (piece.IsEmpty)
            return;
        BpeScratch scratch = _pool.Rent();
        int count = scratch.Encode(ref MemoryMarshal.GetReference(piece), piece.Length);
        int first = output.Count;
        scratch.Tokens.AsSpan(0, count).CopyTo(output.Reserve(count));
        output.Advance(count);
        _pool.Return(scratch);
        if (output.WithRanges)
            SetRanges(piece, start, output, first);
    }

    internal BpeScratch Rent() => _pool.Rent();

    internal void Return(BpeScratch scratch) => _pool.Return(scratch);

    /// <summary>Sets the ranges of the tokens from <paramref name="first"/> on, which are those of <paramref name="text"/>.</summary>
    internal void SetRanges(ReadOnlySpan<byte> text, int start, TokenBuffer output, int first)
    {
        int at = 0;
        for (int i = first; i < output.Count; i++)
        {
            ReadOnlySpan<byte> token = Vocabulary[output.Ids[i]];
            // Bytes without a token left nothing; a token that can follow them is told from them by its first byte.
            while (!Symbols.AllBytes && Symbols.Ids[text[at]] < 0)
                at++;
            output.SetRange(i, new ByteRange(start + at, token.Length));
            at += token.Length;
        }
    }

    private static int[] BytesOf(Vocabulary vocabulary)
    {
        var ids = new int[256];
        for (int value = 0; value < 256; value++)
            ids[value] = vocabulary.TryGetId([(byte)value], out int id) ? id : -2 - value;
        return ids;
    }

    private static (int, int)[] Effective(BpeSymbols symbols)
    {
        var merges = new (int, int)[symbols.Count - 256];
        for (int i = 0; i < merges.Length; i++)
            merges[i] = (symbols.Ids[symbols.Left(256 + i)], symbols.Ids[symbols.Right(256 + i)]);
        return merges;
    }

    private static string Show(ReadOnlySpan<byte> token) => System.Text.Encoding.UTF8.GetString(token);
}
