using System.Text;
using Athanor.Tokenizers.SentencePiece;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Tokenizers.Tests.SentencePiece;

public class UnigramTests
{
    private static Vocabulary Pieces(IEnumerable<string> pieces) =>
        new(pieces.Select((piece, id) => KeyValuePair.Create(id, Encoding.UTF8.GetBytes(piece))));

    private static int[] Ids(TokenModel model, string text) => Ids(model, Encoding.UTF8.GetBytes(text));

    private static int[] Ids(TokenModel model, byte[] text)
    {
        var buffer = new TokenBuffer(withRanges: true);
        model.Encode(text, 5, buffer);
        int at = 5;
        foreach (ByteRange range in buffer.Ranges)
        {
            Assert.Equal(at, range.Start);
            at = range.End;
        }
        Assert.Equal(text.Length + 5, at);
        return buffer.Ids.ToArray();
    }

    /// <summary>All ways to write a text, with the sum of scores taken from the left; an unknown character counts as the id -1.</summary>
    private static IEnumerable<(double Score, int[] Ids)> Splits(List<(string Piece, double Score)> pieces, double unknown, string text)
    {
        if (text.Length == 0)
        {
            yield return (0, []);
            yield break;
        }
        for (int from = 0; from < text.Length; from++)
        {
            if (char.IsLowSurrogate(text[from]))
                continue;
            string last = text[from..];
            int id = pieces.FindIndex(piece => piece.Piece == last);
            bool character = last.EnumerateRunes().Count() == 1;
            if (id < 0 && !character)
                continue;
            foreach ((double score, int[] ids) in Splits(pieces, unknown, text[..from]))
                yield return (score + (id < 0 ? unknown : pieces[id].Score), [.. ids, id]);
        }
    }

    [Fact]
    public void It_finds_the_best_of_all_splits() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            int letters = random.Next(1, RandomBpe.Alphabet.Length);
            var pieces = new List<(string Piece, double Score)> { ("<unk>", -3) };
            var known = new HashSet<string>();
            for (int i = random.Next(25); i >= 0; i--)
            {
                string piece = RandomBpe.Text(random, letters, random.Next(1, 5));
                if (known.Add(piece))
                    pieces.Add((piece, -random.Next(1000) / 64.0));
            }
            var model = new Unigram(Pieces(pieces.Select(piece => piece.Piece)), [.. pieces.Select(piece => piece.Score)], new UnigramOptions { UnknownId = 0 });
            for (int i = 0; i < 10; i++)
            {
                string text = RandomBpe.Text(random, Math.Min(letters + 1, RandomBpe.Alphabet.Length), random.Next(1, 9));
                var splits = Splits(pieces, pieces.Min(piece => piece.Score) - 10, text).OrderByDescending(split => split.Score).Take(2).ToArray();
                if (splits.Length > 1 && splits[0].Score == splits[1].Score)
                    continue;
                int[] expected = [.. splits[0].Ids.Where((id, at) => id >= 0 || at == 0 || splits[0].Ids[at - 1] >= 0).Select(id => Math.Max(id, 0))];
                Assert.Equal(expected, Ids(model, text));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(7, 297));

    [Fact]
    public void Of_equal_sums_the_one_whose_last_piece_starts_earliest_counts()
    {
        var model = new Unigram(Pieces(["<unk>", "a", "aa", "ab", "b"]), [-5, -1, -2, -2, -1], new UnigramOptions { UnknownId = 0 });
        Assert.Equal([3], Ids(model, "ab"));
        Assert.Equal([1, 2], Ids(model, "aaa"));
    }

    [Fact]
    public void Unknown_characters_are_one_token_or_their_bytes()
    {
        string[] pieces = ["<unk>", "a", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>")];
        double[] scores = [.. pieces.Select(_ => -1.0)];
        Assert.Equal([1, 0, 1], Ids(new Unigram(Pieces(pieces), scores, new UnigramOptions { UnknownId = 0 }), "a\u4E2D\u00E9a"));
        Assert.Equal([1, 2 + 0xC3, 2 + 0xA9, 1], Ids(new Unigram(Pieces(pieces), scores, new UnigramOptions { UnknownId = 0, ByteFallback = true }), "a\u00E9a"));
        Assert.Equal([1, 2 + 0xFF, 2 + 0xE2, 1], Ids(new Unigram(Pieces(pieces), scores, new UnigramOptions { UnknownId = 0, ByteFallback = true }), [97, 0xFF, 0xE2, 97]));
    }

    [Fact]
    public void User_defined_pieces_win_and_unused_and_control_pieces_are_not_found()
    {
        string[] pieces = ["<unk>", "<s>", "a", "b", "ab", "ba"];
        PieceKind[] kinds = [PieceKind.Unknown, PieceKind.Control, PieceKind.Normal, PieceKind.Normal, PieceKind.Unused, PieceKind.UserDefined];
        var model = new Unigram(Pieces(pieces), [0, 0, -2, -3, -0.1, -9], new UnigramOptions { UnknownId = 0, SinglePrecision = true }, kinds);
        Assert.Equal([2, 3], Ids(model, "ab"));
        Assert.Equal([5, 3], Ids(model, "bab"));
        Assert.Equal([0, 2], Ids(model, "<s>a"));
    }

    [Fact]
    public void Long_texts_equal_their_words_where_no_piece_joins_them()
    {
        var random = new Random(5);
        string[] pieces = ["<unk>", "\u2581", "\u2581a", "a", "b", "ab", "ba", "\u2581ab", "aab"];
        var model = new Unigram(Pieces(pieces), [.. pieces.Select((_, id) => -1 - (3 * random.NextDouble()))], new UnigramOptions { UnknownId = 0 });
        string[] words = [.. Enumerable.Range(0, 500).Select(_ => "\u2581" + RandomBpe.Text(random, 2, random.Next(1, 40)))];
        Assert.Equal(words.SelectMany(word => Ids(model, word)), Ids(model, string.Concat(words)));
    }

    [Fact]
    public void Encoding_again_allocates_nothing()
    {
        var random = new Random(3);
        string[] pieces = ["<unk>", "\u2581", "a", "b", "ab", "ba", "\u2581ab"];
        var model = new Unigram(Pieces(pieces), [.. pieces.Select((_, id) => -1.0 - id)], new UnigramOptions { UnknownId = 0 });
        byte[] text = Encoding.UTF8.GetBytes(RandomBpe.Text(random, 6, 3000));
        var buffer = new TokenBuffer();
        SteadyState.AllocatesNothing(() =>
        {
            buffer.Clear();
            model.Encode(text, 0, buffer);
            model.Encode(text.AsSpan(0, 20), 0, buffer);
        });
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    public void Scores_that_are_not_finite_are_refused(double score) =>
        Assert.Contains("score of token 1", Assert.Throws<ArgumentException>(() => new Unigram(Pieces(["<unk>", "a"]), [0, score], new UnigramOptions())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_trie_finds_exactly_its_pieces()
    {
        var random = new Random(11);
        var pieces = new Dictionary<string, int>();
        for (int i = 0; i < 3000; i++)
            pieces[new string([.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => (char)random.Next('a', random.Next('b', '{')))])] = i;
        var trie = new PieceTrie(pieces.Select(pair => KeyValuePair.Create(pair.Value, Encoding.UTF8.GetBytes(pair.Key))));
        for (int i = 0; i < 5000; i++)
        {
            string text = new([.. Enumerable.Range(0, 8).Select(_ => (char)random.Next('a', '{'))]);
            int longest = Enumerable.Range(1, 8).LastOrDefault(length => pieces.ContainsKey(text[..length]));
            Assert.Equal(longest, trie.LongestMatch(Encoding.UTF8.GetBytes(text), 0, out int id));
            Assert.Equal(longest == 0 ? -1 : pieces[text[..longest]], id);
        }
    }
}
