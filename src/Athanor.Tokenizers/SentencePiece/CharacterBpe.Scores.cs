using System.Text;

namespace Athanor.Tokenizers.SentencePiece;

/// <content>SentencePiece's own form of the model: every two neighbours whose joined text is a piece merge, the highest score first.</content>
public sealed partial class CharacterBpe
{
    /// <summary>A model that merges by score, as SentencePiece files hold it.</summary>
    /// <param name="vocabulary">The pieces.</param>
    /// <param name="scores">The score of each id; entries of holes are not read.</param>
    /// <param name="kinds">The kind of each id.</param>
    /// <param name="options">The settings; neighbouring unknown characters are always one token.</param>
    /// <exception cref="ArgumentException">A score is not finite, a list has not one entry for each id, or <see cref="CharacterBpeOptions.ByteFallback"/> lacks a byte token.</exception>
    public static CharacterBpe FromScores(
        Vocabulary vocabulary, IReadOnlyList<float> scores, IReadOnlyList<PieceKind> kinds, CharacterBpeOptions options) =>
        new(vocabulary, scores, kinds, options with { FuseUnknown = true });

    private CharacterBpe(Vocabulary vocabulary, IReadOnlyList<float> scores, IReadOnlyList<PieceKind> kinds, CharacterBpeOptions options)
        : this(vocabulary, options, vocabulary.Count)
    {
        if (scores.Count != vocabulary.Count || kinds.Count != vocabulary.Count)
            throw new ArgumentException($"{vocabulary.Count} ids have {scores.Count} scores and {kinds.Count} kinds.");
        if (_prefix.Length > 0 || _suffix.Length > 0)
            throw new ArgumentException("A model that merges by score has no prefix or suffix for parts of words.");
        if (_byteFallback && !_allBytes)
            throw new ArgumentException($"Byte fallback needs the tokens <0x00> to <0xFF>; {Encoding.ASCII.GetString(ByteTokens.Name(Array.IndexOf(_bytes, -1)))} is not in the vocabulary.");

        int[] ids = [.. Enumerable.Range(0, vocabulary.Count).Where(id => vocabulary.Contains(id) && kinds[id] is PieceKind.Normal or PieceKind.Unused)];
        foreach (int id in ids)
        {
            if (!float.IsFinite(scores[id]))
                throw new ArgumentException($"The score of token {id} ('{Encoding.UTF8.GetString(vocabulary[id])}') is {scores[id]}.");
        }
        Scores = [.. scores];
        _characters = MapCharacters(vocabulary, ids, out _symbols);
        float[] levels = [.. ids.Select(id => scores[id]).Distinct().OrderDescending()];
        List<Merge> merges = [];
        foreach (int id in ids)
        {
            uint rank = (uint)Array.BinarySearch(levels, scores[id], Comparer<float>.Create((a, b) => b.CompareTo(a)));
            AddSplits(vocabulary, kinds, id, rank, merges);
        }
        _pairs = new RankedPairs(merges.Count);
        foreach (Merge merge in merges)
            _pairs.TryAdd(merge.Left, merge.Right, merge.Rank, merge.Result);
        if (ids.Any(id => kinds[id] == PieceKind.Unused))
            _unused = [.. kinds.Select(kind => kind == PieceKind.Unused)];
        var userDefined = Enumerable.Range(0, vocabulary.Count).Where(id => vocabulary.Contains(id) && kinds[id] == PieceKind.UserDefined)
            .Select(id => KeyValuePair.Create(id, vocabulary[id].ToArray())).ToArray();
        if (userDefined.Length > 0)
            _userDefined = new PieceTrie(userDefined);
        Merges = Published(vocabulary, merges);
        // A piece that is split again takes the pair that came up last in the whole text, so that text must stay whole.
        if (_unused is null && (_unknown >= 0 || _allBytes))
        {
            _borders = new BorderSet();
            foreach (Merge merge in merges)
                _borders.Add(merge.LeftSlot, merge.RightSlot);
        }
    }

    /// <summary>Symbols of single characters. By score also characters that are only parts of pieces get one, behind the ids, since a merge may start from them.</summary>
    private static CharacterMap MapCharacters(Vocabulary vocabulary, int[]? pieces, out int symbols)
    {
        var map = new Dictionary<int, int>();
        foreach (int id in pieces ?? Enumerable.Range(0, vocabulary.Count))
        {
            ReadOnlySpan<byte> token = vocabulary[id];
            if (!token.IsEmpty && Utf8Character.Decode(token, 0, out int codePoint) == token.Length && codePoint >= 0)
                map[codePoint] = id;
        }
        symbols = vocabulary.Count;
        foreach (int id in pieces ?? [])
        {
            ReadOnlySpan<byte> token = vocabulary[id];
            for (int at = 0; at < token.Length;)
            {
                at += Utf8Character.Decode(token, at, out int codePoint);
                if (codePoint >= 0 && map.TryAdd(codePoint, symbols))
                    symbols++;
            }
        }
        return new CharacterMap(map);
    }

    private void AddSplits(Vocabulary vocabulary, IReadOnlyList<PieceKind> kinds, int id, uint rank, List<Merge> merges)
    {
        ReadOnlySpan<byte> piece = vocabulary[id];
        int from = merges.Count, before;
        for (int at = Utf8Character.Decode(piece, 0, out before); at < piece.Length;)
        {
            int length = Utf8Character.Decode(piece, at, out int after);
            if (before >= 0 && after >= 0 && SymbolOf(vocabulary, kinds, piece[..at]) is >= 0 and int left
                && SymbolOf(vocabulary, kinds, piece[at..]) is >= 0 and int right)
                merges.Add(new Merge(left, right, rank, id, _characters.Slot(before), _characters.Slot(after)));
            before = after;
            at += length;
        }
        merges.Sort(from, merges.Count - from, Comparer<Merge>.Create((a, b) => (a.Left, a.Right).CompareTo((b.Left, b.Right))));
    }

    private int SymbolOf(Vocabulary vocabulary, IReadOnlyList<PieceKind> kinds, ReadOnlySpan<byte> part)
    {
        if (vocabulary.TryGetId(part, out int id) && kinds[id] is PieceKind.Normal or PieceKind.Unused)
            return id;
        return Utf8Character.Decode(part, 0, out int codePoint) == part.Length ? _characters.SymbolOf(codePoint) : -1;
    }

    /// <summary>The order in which the converters of the field write the pairs: by score, then by the lengths of the two parts, the longest first.</summary>
    private static (int Left, int Right)[] Published(Vocabulary vocabulary, List<Merge> merges)
    {
        int Characters(int id)
        {
            int count = 0;
            foreach (byte value in vocabulary[id])
                count += (value & 0xC0) == 0x80 ? 0 : 1;
            return count;
        }

        return [.. merges.Where(merge => merge.Left < vocabulary.Count && merge.Right < vocabulary.Count)
            .OrderBy(merge => merge.Rank).ThenByDescending(merge => Characters(merge.Left)).ThenByDescending(merge => Characters(merge.Right))
            .Select(merge => (merge.Left, merge.Right))];
    }

    /// <summary>Appends a piece, or the parts that an unused one was merged from.</summary>
    private int Resegment(SymbolRun run, ReadOnlySpan<byte> piece, int symbol, int at, int start, TokenBuffer output, Scratch scratch)
    {
        int length = symbol < Vocabulary.Count ? Vocabulary[symbol].Length : Utf8Character.Decode(piece, at, out _);
        bool single = length == 0 || Utf8Character.Decode(piece, at, out _) == length;
        if (symbol >= _unused!.Length || !_unused[symbol] || single)
        {
            AddSymbol(piece, symbol, at, at + length, start, output, scratch);
            return at + length;
        }
        (int left, int right) = run.Split(symbol);
        int middle = Resegment(run, piece, left, at, start, output, scratch);
        return Resegment(run, piece, right, middle, start, output, scratch);
    }

    private readonly record struct Merge(int Left, int Right, uint Rank, int Result, int LeftSlot, int RightSlot);
}
