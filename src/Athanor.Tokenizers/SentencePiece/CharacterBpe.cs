using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Athanor.Tokenizers.SentencePiece;

/// <summary>
/// Byte pair encoding whose symbols start as Unicode characters: Llama 2, Mistral and other SentencePiece BPE models, and the BPE of <c>tokenizer.json</c>
/// (Sennrich, Haddow and Birch, 2016; Kudo and Richardson, 2018). Merges the pair of lowest rank first, the left-most of equals.
/// </summary>
/// <remarks>
/// A text is cut where no merge can join the two characters, words that came before are remembered, and long runs without such a place
/// are encoded in overlapping windows whose agreement proves them exact (see <c>WindowedMerge</c>).
/// </remarks>
public sealed partial class CharacterBpe : TokenModel
{
    // Memory for longer runs, which only odd texts need, is not kept.
    private const int KeptSymbols = 1 << 18;

    private readonly RankedPairs _pairs;
    private readonly CharacterMap _characters;
    private readonly BorderSet? _borders;
    private readonly PieceTrie? _userDefined;
    private readonly bool[]? _unused;
    private readonly int[] _bytes;
    private readonly byte[] _prefix, _suffix;
    private readonly int _unknown = -1, _symbols;
    private readonly bool _fuse, _byteFallback, _ignoreMerges, _allBytes;
    private readonly ScratchPool<Scratch> _scratch = new(static () => new Scratch());

    /// <summary>A model that merges by rank.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">The pairs of token ids that merge, lowest rank first.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">A merge is given twice or names a token that is not in the vocabulary, or the unknown token is not.</exception>
    public CharacterBpe(Vocabulary vocabulary, IReadOnlyList<(int Left, int Right)> merges, CharacterBpeOptions options)
        : this(vocabulary, options, vocabulary.Count)
    {
        Merges = merges;
        _pairs = new RankedPairs(merges.Count);
        var used = new bool[vocabulary.Count];
        for (int i = 0; i < merges.Count; i++)
        {
            (int left, int right) = merges[i];
            if (!vocabulary.Contains(left) || !vocabulary.Contains(right))
                throw new ArgumentException($"Merge {i} joins the ids {left} and {right}, but the vocabulary has no token {(vocabulary.Contains(left) ? right : left)}.");
            ReadOnlySpan<byte> tail = vocabulary[right];
            if (_prefix.Length > 0 && tail.StartsWith(_prefix))
                tail = tail[_prefix.Length..];
            byte[] joined = [.. vocabulary[left], .. tail];
            if (!vocabulary.TryGetId(joined, out int result))
                throw new ArgumentException($"Merge {i} makes '{Encoding.UTF8.GetString(joined)}', which is not in the vocabulary.");
            if (!_pairs.TryAdd(left, right, (uint)i, result))
                throw new ArgumentException($"Merge {i} ('{Encoding.UTF8.GetString(vocabulary[left])}' '{Encoding.UTF8.GetString(vocabulary[right])}') is there twice.");
            used[left] = used[right] = true;
        }
        _characters = MapCharacters(vocabulary, null, out _);
        bool bytesMerge = _byteFallback && _bytes.Any(id => id >= 0 && used[id]);
        bool unknownMerges = _unknown >= 0 && used[_unknown];
        // Dropped characters bring their neighbours together, so without a token for them no place is safe to cut.
        if (!bytesMerge && !unknownMerges && (_unknown >= 0 || _allBytes) && _prefix.Length == 0 && _suffix.Length == 0)
        {
            _borders = new BorderSet();
            foreach ((int left, int right) in merges)
                AddBorder(vocabulary[left], vocabulary[right]);
        }
    }

    private CharacterBpe(Vocabulary vocabulary, CharacterBpeOptions options, int symbols)
    {
        Vocabulary = vocabulary;
        Options = options;
        Merges = [];
        _symbols = symbols;
        _pairs = null!;
        _characters = null!;
        _bytes = ByteTokens.Find(vocabulary);
        _allBytes = options.ByteFallback && !_bytes.Contains(-1);
        _prefix = Encoding.UTF8.GetBytes(options.ContinuingPrefix ?? "");
        _suffix = Encoding.UTF8.GetBytes(options.EndOfWordSuffix ?? "");
        (_fuse, _byteFallback, _ignoreMerges) = (options.FuseUnknown, options.ByteFallback, options.IgnoreMerges);
        if (options.UnknownToken is { } unknown && !vocabulary.TryGetId(unknown, out _unknown))
            throw new ArgumentException($"The unknown token '{unknown}' is not in the vocabulary.");
    }

    /// <inheritdoc/>
    public override Vocabulary Vocabulary { get; }

    /// <summary>The settings.</summary>
    public CharacterBpeOptions Options { get; }

    /// <summary>The merges as pairs of token ids by rank; for a model that merges by score, the ranks that other tools give it.</summary>
    public IReadOnlyList<(int Left, int Right)> Merges { get; }

    /// <summary>The score of each id, of a model that merges by score; else null.</summary>
    public IReadOnlyList<float>? Scores { get; }

    /// <inheritdoc/>
    internal override void Encode(ReadOnlySpan<byte> piece, int start, TokenBuffer output)
    {
        if (piece.IsEmpty)
            return;
        if (_ignoreMerges && Vocabulary.TryGetId(piece, out int whole))
        {
            output.Add(whole, start, piece.Length);
            return;
        }
        Scratch scratch = _scratch.Rent();
        scratch.UnknownAt = -1;
        if (_borders is { } borders)
            EncodeCut(piece, start, output, scratch, borders);
        else
            EncodeWhole(piece, start, output, scratch);
        scratch.Run.Trim(KeptSymbols);
        _scratch.Return(scratch);
    }

    /// <summary>Cuts the piece where no merge can join two characters, and encodes what lies between.</summary>
    private void EncodeCut(ReadOnlySpan<byte> piece, int start, TokenBuffer output, Scratch scratch, BorderSet borders)
    {
        CharacterMap characters = _characters;
        for (int at = 0; at < piece.Length;)
        {
            if (_userDefined is not null && _userDefined.LongestMatch(piece, at, out int id) is > 0 and int matched)
            {
                output.Add(id, start + at, matched);
                at += matched;
                continue;
            }
            int end = at + Utf8Character.Decode(piece, at, out int codePoint);
            int slot = codePoint < 0 ? -1 : characters.Slot(codePoint), symbol = codePoint < 0 ? -1 : characters.Symbol(slot);
            if (symbol < 0)
            {
                AddUnknown(piece, at, end, start, output, scratch);
                at = end;
                continue;
            }
            int first = end;
            while (end < piece.Length)
            {
                int length = Utf8Character.Decode(piece, end, out codePoint);
                if (codePoint < 0)
                    break;
                int next = characters.Slot(codePoint);
                if (!borders.CanJoin(slot, next) || characters.Symbol(next) < 0)
                    break;
                if (_userDefined is not null && _userDefined.LongestMatch(piece, end, out _) > 0)
                    break;
                slot = next;
                end += length;
            }
            if (end == first)
                AddSymbol(piece, symbol, at, end, start, output, scratch);
            else if (end - at <= PieceMemo.MaxBytes)
                EncodeWord(piece, at, end, start, output, scratch);
            else
                EncodeLong(piece, at, end, start, output, scratch);
            at = end;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EncodeWord(ReadOnlySpan<byte> piece, int from, int to, int start, TokenBuffer output, Scratch scratch)
    {
        ref PieceMemo.Entry entry = ref scratch.Memo.Find(piece, from, to, out Vector256<byte> key, out bool hit);
        if (hit)
            PieceMemo.Append(in entry, start + from, output);
        else
            MergeWord(piece, from, to, start, output, scratch, ref entry, key);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MergeWord(ReadOnlySpan<byte> piece, int from, int to, int start, TokenBuffer output, Scratch scratch, ref PieceMemo.Entry entry, Vector256<byte> key)
    {
        SymbolRun run = scratch.Run;
        Fill(run, piece, from, to, int.MaxValue);
        run.Merge(_pairs, to);
        Span<int> ids = stackalloc int[PieceMemo.MaxTokens], lengths = stackalloc int[PieceMemo.MaxTokens];
        int count = 0;
        for (int i = 0; i < run.Count; i = run.Next(i), count++)
        {
            int symbol = run.Symbol(i), begin = run.Start(i), end = run.Start(run.Next(i));
            AddSymbol(piece, symbol, begin, end, start, output, scratch);
            if (symbol >= Vocabulary.Count)
                count = PieceMemo.MaxTokens;
            if (count >= PieceMemo.MaxTokens)
                continue;
            ids[count] = symbol;
            lengths[count] = end - begin;
        }
        if (count <= PieceMemo.MaxTokens)
            PieceMemo.Store(ref entry, key, to - from, ids[..count], lengths[..count]);
    }

    /// <summary>Encodes a piece with all its unknown characters as one run, for models whose merges may join anything.</summary>
    private void EncodeWhole(ReadOnlySpan<byte> piece, int start, TokenBuffer output, Scratch scratch)
    {
        SymbolRun run = scratch.Run;
        run.Clear();
        if (_unused is not null)
            run.KeepSplits(_symbols);
        bool unknownBefore = false;
        for (int at = 0; at < piece.Length;)
        {
            if (_userDefined is not null && _userDefined.LongestMatch(piece, at, out int id) is > 0 and int matched)
            {
                run.Add(id, at);
                at += matched;
                unknownBefore = false;
                continue;
            }
            int end = at + Utf8Character.Decode(piece, at, out int codePoint);
            int symbol = codePoint < 0 ? -1 : InitialSymbol(piece, at, end, codePoint);
            if (symbol >= 0)
            {
                run.Add(symbol, at);
                unknownBefore = false;
            }
            else if (HasBytes(piece, at, end))
            {
                AddBytes(run, piece, at, end);
                unknownBefore = false;
            }
            else if (_unknown >= 0)
            {
                if (!unknownBefore || !_fuse)
                    run.Add(_unknown, at);
                unknownBefore = true;
            }
            at = end;
        }
        run.Merge(_pairs, piece.Length);
        for (int i = 0; i < run.Count; i = run.Next(i))
        {
            int symbol = run.Symbol(i);
            if (_unused is not null && symbol < _unused.Length && _unused[symbol])
                Resegment(run, piece, symbol, run.Start(i), start, output, scratch);
            else if (_unused is not null && symbol == _unknown)
                AddUnknown(piece, run.Start(i), run.Start(run.Next(i)), start, output, scratch);
            else
                AddSymbol(piece, symbol, run.Start(i), run.Start(run.Next(i)), start, output, scratch);
        }
    }

    private int InitialSymbol(ReadOnlySpan<byte> piece, int at, int end, int codePoint)
    {
        bool prefixed = _prefix.Length > 0 && at > 0, suffixed = _suffix.Length > 0 && end == piece.Length;
        if (!prefixed && !suffixed)
            return _characters.SymbolOf(codePoint);
        byte[] name = [.. prefixed ? _prefix : [], .. piece[at..end], .. suffixed ? _suffix : []];
        return Vocabulary.TryGetId(name, out int id) ? id : -1;
    }

    private bool HasBytes(ReadOnlySpan<byte> piece, int from, int to)
    {
        for (int i = from; i < to && !_allBytes; i++)
        {
            if (!_byteFallback || _bytes[piece[i]] < 0)
                return false;
        }
        return true;
    }

    private void AddBytes(SymbolRun run, ReadOnlySpan<byte> piece, int from, int to)
    {
        for (int i = from; i < to; i++)
            run.Add(_bytes[piece[i]], i);
    }

    /// <summary>Appends the token of a symbol; characters that are only part of tokens are unknown by themselves.</summary>
    private void AddSymbol(ReadOnlySpan<byte> piece, int symbol, int from, int to, int start, TokenBuffer output, Scratch scratch)
    {
        if (symbol < Vocabulary.Count)
            output.Add(symbol, start + from, to - from);
        else
            AddUnknown(piece, from, to, start, output, scratch);
    }

    private void AddUnknown(ReadOnlySpan<byte> piece, int from, int to, int start, TokenBuffer output, Scratch scratch)
    {
        if (HasBytes(piece, from, to))
        {
            for (int i = from; i < to; i++)
                output.Add(_bytes[piece[i]], start + i, 1);
        }
        else if (_fuse && scratch.UnknownAt >= 0 && scratch.UnknownAt == output.Count - 1)
        {
            if (output.WithRanges)
                output.SetRange(scratch.UnknownAt, new ByteRange(output.Ranges[^1].Start, start + to - output.Ranges[^1].Start));
        }
        else if (_unknown >= 0)
        {
            scratch.UnknownAt = output.Count;
            output.Add(_unknown, start + from, to - from);
        }
    }

    /// <summary>Fills a run with the characters from <paramref name="from"/> on, all of them known; returns the end of the last one taken.</summary>
    private int Fill(SymbolRun run, ReadOnlySpan<byte> piece, int from, int to, int maxSymbols)
    {
        run.Clear();
        while (from < to && run.Count < maxSymbols)
        {
            int length = Utf8Character.Decode(piece, from, out int codePoint);
            run.Add(_characters.Symbol(_characters.Slot(codePoint)), from);
            from += length;
        }
        return from;
    }

    private void AddBorder(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int last = left.Length - 1;
        while (last > 0 && (left[last] & 0xC0) == 0x80)
            last--;
        Utf8Character.Decode(left, last, out int before);
        Utf8Character.Decode(right, 0, out int after);
        // A token that is no text is never met among characters, nor does a merge ever join it.
        if (before >= 0 && after >= 0)
            _borders!.Add(_characters.Slot(before), _characters.Slot(after));
    }

    private sealed class Scratch
    {
        public SymbolRun Run { get; } = new();

        public PieceMemo Memo { get; } = new();

        public List<Window> Windows { get; } = [];

        /// <summary>The place in the output of the last unknown token of this piece, to fuse the next one with.</summary>
        public int UnknownAt { get; set; }
    }
}
