using System.Text;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Tests.SentencePiece;

/// <summary>The textbook: a list of strings, and in every round the best pair of the whole list is looked up anew.</summary>
internal static class NaiveBpe
{
    /// <summary>The ids by rank, after the description of the model in the field's reference library.</summary>
    public static List<int> ByRank(Dictionary<string, int> vocabulary, List<(string, string)> merges, CharacterBpeOptions options, string text)
    {
        if (options.IgnoreMerges && vocabulary.TryGetValue(text, out int whole))
            return [whole];
        var symbols = new List<string>();
        string[] characters = [.. text.EnumerateRunes().Select(rune => rune.ToString())];
        bool unknown = false;
        for (int i = 0; i < characters.Length; i++)
        {
            string name = (i > 0 ? options.ContinuingPrefix : "") + characters[i] + (i == characters.Length - 1 ? options.EndOfWordSuffix : "");
            string[] bytes = [.. Encoding.UTF8.GetBytes(name).Select(value => $"<0x{value:X2}>")];
            if (vocabulary.ContainsKey(name))
            {
                symbols.Add(name);
                unknown = false;
            }
            else if (options.ByteFallback && bytes.All(vocabulary.ContainsKey))
            {
                symbols.AddRange(bytes);
                unknown = false;
            }
            else if (options.UnknownToken is { } token)
            {
                if (!unknown || !options.FuseUnknown)
                    symbols.Add(token);
                unknown = true;
            }
        }
        var ranks = merges.Select((merge, rank) => (merge, rank)).ToDictionary(pair => pair.merge, pair => pair.rank);
        while (true)
        {
            int best = int.MaxValue, at = -1;
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (ranks.TryGetValue((symbols[i], symbols[i + 1]), out int rank) && rank < best)
                    (best, at) = (rank, i);
            }
            if (at < 0)
                return [.. symbols.Select(symbol => vocabulary[symbol])];
            string prefix = options.ContinuingPrefix ?? "";
            string right = symbols[at + 1];
            symbols[at] += prefix.Length > 0 && right.StartsWith(prefix, StringComparison.Ordinal) ? right[prefix.Length..] : right;
            symbols.RemoveAt(at + 1);
        }
    }

    /// <summary>The ids by score, after SentencePiece's description: neighbours merge whenever their joined text is a piece.</summary>
    public static List<int> ByScore(
        List<(string Piece, float Score, PieceKind Kind)> pieces, bool byteFallback, string text)
    {
        var ids = pieces.Select((piece, id) => (piece.Piece, id)).ToDictionary(pair => pair.Piece, pair => pair.id);
        bool Mergeable(string piece) => ids.TryGetValue(piece, out int id) && pieces[id].Kind is PieceKind.Normal or PieceKind.Unused;
        var symbols = new List<(string Text, bool Frozen)>();
        for (int at = 0; at < text.Length;)
        {
            string? user = pieces.Where(piece => piece.Kind == PieceKind.UserDefined && string.CompareOrdinal(text, at, piece.Piece, 0, piece.Piece.Length) == 0)
                .Select(piece => piece.Piece).MaxBy(piece => piece.Length);
            string symbol = user ?? Rune.GetRuneAt(text, at).ToString();
            symbols.Add((symbol, user is not null));
            at += symbol.Length;
        }
        while (true)
        {
            float best = float.NegativeInfinity;
            int at = -1;
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (symbols[i].Frozen || symbols[i + 1].Frozen || !Mergeable(symbols[i].Text + symbols[i + 1].Text))
                    continue;
                float score = pieces[ids[symbols[i].Text + symbols[i + 1].Text]].Score;
                if (at < 0 || score > best)
                    (best, at) = (score, i);
            }
            if (at < 0)
                break;
            symbols[at] = (symbols[at].Text + symbols[at + 1].Text, false);
            symbols.RemoveAt(at + 1);
        }
        var output = new List<int>();
        int unknown = ids["<unk>"];
        foreach ((string symbol, bool frozen) in symbols)
        {
            if (frozen || Mergeable(symbol))
                output.Add(ids[symbol]);
            else if (byteFallback)
                output.AddRange(Encoding.UTF8.GetBytes(symbol).Select(value => ids[$"<0x{value:X2}>"]));
            else if (output.Count == 0 || output[^1] != unknown)
                output.Add(unknown);
        }
        return output;
    }
}
