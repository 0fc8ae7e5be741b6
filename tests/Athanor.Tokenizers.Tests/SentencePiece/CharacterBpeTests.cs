using System.Text;
using Athanor.Tokenizers.SentencePiece;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Tokenizers.Tests.SentencePiece;

public class CharacterBpeTests
{
    private static int[] Ids(TokenModel model, string text) => Ids(model, Encoding.UTF8.GetBytes(text));

    private static int[] Ids(TokenModel model, byte[] text)
    {
        var buffer = new TokenBuffer(withRanges: true);
        model.Encode(text, 0, buffer);
        int at = 0;
        foreach (ByteRange range in buffer.Ranges)
        {
            Assert.True(range.Start >= at && range.End <= text.Length && range.Length > 0, $"range {range} after {at}");
            at = range.End;
        }
        var bare = new TokenBuffer();
        model.Encode(text, 0, bare);
        Assert.Equal(buffer.Ids.ToArray(), bare.Ids.ToArray());
        return buffer.Ids.ToArray();
    }

    private static void Seeds(Action<Random> check, int count = 100) =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => check(new Random(seed))).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(20261121, 297));

    [Fact]
    public void By_rank_it_equals_the_textbook_on_random_merges_and_texts() => Seeds(random =>
    {
        int letters = random.Next(1, RandomBpe.Alphabet.Length);
        var grown = new RandomBpe(random, letters, random.Next(40), random.Next(3) == 0, random.Next(3) == 0);
        var options = new CharacterBpeOptions
        {
            UnknownToken = random.Next(4) > 0 ? "<unk>" : null,
            FuseUnknown = random.Next(2) == 0,
            ByteFallback = random.Next(2) == 0,
            IgnoreMerges = random.Next(4) == 0,
        };
        CharacterBpe model = grown.Build(options);
        for (int i = 0; i < 20; i++)
        {
            string text = RandomBpe.Text(random, Math.Min(letters + 1, RandomBpe.Alphabet.Length), random.Next(1, i < 16 ? 30 : 120));
            Assert.Equal(NaiveBpe.ByRank(grown.Vocabulary, grown.Merges, options, text), Ids(model, text));
        }
    });

    [Fact]
    public void Prefixes_and_suffixes_of_parts_of_words_follow_the_textbook() => Seeds(random =>
    {
        (string prefix, string suffix) = random.Next(3) switch { 0 => ("##", ""), 1 => ("", "</w>"), _ => ("##", "</w>") };
        var grown = new RandomBpe(random, 4, 60, false, random.Next(3) == 0, prefix, suffix);
        var options = new CharacterBpeOptions { UnknownToken = "<unk>", FuseUnknown = random.Next(2) == 0, ContinuingPrefix = prefix, EndOfWordSuffix = suffix };
        CharacterBpe model = grown.Build(options);
        for (int i = 0; i < 10; i++)
        {
            string text = RandomBpe.Text(random, 5, random.Next(1, 12));
            Assert.Equal(NaiveBpe.ByRank(grown.Vocabulary, grown.Merges, options, text), Ids(model, text));
        }
    }, 60);

    [Fact]
    public void Merges_of_byte_and_unknown_tokens_follow_the_textbook()
    {
        var grown = new RandomBpe(new Random(1), 3, 10, true, false);
        grown.Vocabulary.Add("<0xF0><0x9F>", grown.Vocabulary.Count);
        grown.Vocabulary.Add("a<unk>", grown.Vocabulary.Count);
        grown.Merges.Insert(0, ("<0xF0>", "<0x9F>"));
        foreach (bool bytes in new[] { true, false })
        {
            if (!bytes)
                grown.Merges.Insert(0, ("a", "<unk>"));
            var options = new CharacterBpeOptions { UnknownToken = "<unk>", FuseUnknown = true, ByteFallback = bytes };
            CharacterBpe model = grown.Build(options);
            foreach (string text in new[] { "a\U0001F600b", "aa\u4E2D\u4E2Da", "\U0001F600\U0001F600" })
                Assert.Equal(NaiveBpe.ByRank(grown.Vocabulary, grown.Merges, options, text), Ids(model, text));
        }
    }

    [Fact]
    public void By_score_it_equals_the_textbook_on_random_pieces_and_texts() => Seeds(random =>
    {
        int letters = random.Next(1, RandomBpe.Alphabet.Length);
        bool bytes = random.Next(2) == 0;
        var pieces = new List<(string Piece, float Score, PieceKind Kind)> { ("<unk>", 0, PieceKind.Unknown), ("<s>", 0, PieceKind.Control) };
        for (int value = 0; bytes && value < 256; value++)
            pieces.Add(($"<0x{value:X2}>", 0, PieceKind.Byte));
        var known = new HashSet<string>();
        int levels = random.Next(2) == 0 ? 4 : 1000;
        for (int i = 0; i < 60; i++)
        {
            string piece = RandomBpe.Text(random, letters, random.Next(1, 6));
            if (piece.Length < 12 && known.Add(piece))
                pieces.Add((piece, -random.Next(levels), random.Next(12) == 0 ? PieceKind.UserDefined : PieceKind.Normal));
        }
        var vocabulary = new Vocabulary(pieces.Select((piece, id) => KeyValuePair.Create(id, Encoding.UTF8.GetBytes(piece.Piece))));
        CharacterBpe model = CharacterBpe.FromScores(vocabulary, [.. pieces.Select(piece => piece.Score)], [.. pieces.Select(piece => piece.Kind)],
            new CharacterBpeOptions { UnknownToken = "<unk>", ByteFallback = bytes });
        for (int i = 0; i < 20; i++)
        {
            string text = RandomBpe.Text(random, Math.Min(letters + 1, RandomBpe.Alphabet.Length), random.Next(1, i < 16 ? 30 : 120));
            Assert.Equal(NaiveBpe.ByScore(pieces, bytes, text), Ids(model, text));
        }
    });

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 2)]
    public void Windows_of_a_long_run_agree_with_the_textbook(int seed, int letters)
    {
        for (int round = 0; round < 10; round++)
        {
            var random = new Random((100 * seed) + round);
            var grown = new RandomBpe(random, letters, 30, false, round % 2 == 0);
            var options = new CharacterBpeOptions { UnknownToken = "<unk>", FuseUnknown = true };
            CharacterBpe model = grown.Build(options);
            string text = string.Concat(Enumerable.Range(0, 600).Select(_ => RandomBpe.Alphabet[random.Next(letters)]));
            if (round % 3 == 0)
                text = string.Concat(Enumerable.Repeat(text[..random.Next(2, 8)], 100));
            Assert.Equal(NaiveBpe.ByRank(grown.Vocabulary, grown.Merges, options, text), Ids(model, text));
        }
    }

    [Fact]
    public void A_chain_whose_last_letter_decides_its_first_token_is_still_exact()
    {
        // Ranks fall from left to right, so which pairs merge depends on the far end: no window of the first sizes can know.
        var grown = new RandomBpe(new Random(1), 0, 0, false, false);
        string letters = string.Concat(Enumerable.Range(0, 700).Select(i => (char)(0x4E00 + i)));
        foreach (char letter in letters)
            grown.Vocabulary.Add(letter.ToString(), grown.Vocabulary.Count);
        for (int i = letters.Length - 2; i >= 0; i--)
        {
            grown.Vocabulary.Add(letters.Substring(i, 2), grown.Vocabulary.Count);
            grown.Merges.Add((letters[i].ToString(), letters[i + 1].ToString()));
        }
        var options = new CharacterBpeOptions { UnknownToken = "<unk>" };
        CharacterBpe model = grown.Build(options);
        foreach (int length in new[] { 400, 401, 699, 700 })
        {
            string text = letters[..length] + letters[..300];
            Assert.Equal(NaiveBpe.ByRank(grown.Vocabulary, grown.Merges, options, text), Ids(model, text));
        }
    }

    [Fact]
    public void Unused_pieces_are_split_into_what_they_were_merged_from()
    {
        (string, float, PieceKind)[] pieces =
        [
            ("<unk>", 0, PieceKind.Unknown), ("a", -9, PieceKind.Normal), ("b", -9, PieceKind.Normal), ("c", -9, PieceKind.Normal),
            ("ab", -1, PieceKind.Unused), ("abc", -2, PieceKind.Unused), ("bc", -3, PieceKind.Normal), ("abcc", -4, PieceKind.Normal),
        ];
        CharacterBpe model = CharacterBpe.FromScores(
            new Vocabulary(pieces.Select((piece, id) => KeyValuePair.Create(id, Encoding.UTF8.GetBytes(piece.Item1)))),
            [.. pieces.Select(piece => piece.Item2)], [.. pieces.Select(piece => piece.Item3)], new CharacterBpeOptions { UnknownToken = "<unk>" });
        Assert.Equal([1, 2, 3], Ids(model, "abc"));
        Assert.Equal([7], Ids(model, "abcc"));
        Assert.Equal([0, 1, 2, 0], Ids(model, "xyabz"));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_become_byte_tokens_or_unknown()
    {
        var grown = new RandomBpe(new Random(1), 3, 0, true, false);
        byte[] text = [(byte)'a', 0xE2, 0x96, (byte)'b', 0xFF, 0xC3];
        int[] ids = Ids(grown.Build(new CharacterBpeOptions { ByteFallback = true }), text);
        Assert.Equal([grown.Vocabulary["a"], 1 + 0xE2, 1 + 0x96, grown.Vocabulary["b"], 1 + 0xFF, 1 + 0xC3], ids);
        Assert.Equal([grown.Vocabulary["a"], 0, grown.Vocabulary["b"], 0], Ids(grown.Build(new CharacterBpeOptions { UnknownToken = "<unk>", FuseUnknown = true }), text));
        Assert.Equal([grown.Vocabulary["a"], grown.Vocabulary["b"]], Ids(grown.Build(new CharacterBpeOptions()), text));
    }

    [Fact]
    public void Encoding_again_allocates_nothing()
    {
        var random = new Random(3);
        var grown = new RandomBpe(random, 5, 40, true, false);
        CharacterBpe model = grown.Build(new CharacterBpeOptions { UnknownToken = "<unk>", ByteFallback = true });
        byte[] text = Encoding.UTF8.GetBytes(RandomBpe.Text(random, 8, 3000));
        var buffer = new TokenBuffer();
        SteadyState.AllocatesNothing(() =>
        {
            buffer.Clear();
            model.Encode(text, 0, buffer);
        });
    }

    [Fact]
    public void Inconsistent_merges_are_refused()
    {
        var vocabulary = new Vocabulary([.. new[] { "a", "b", "ab" }.Select((token, id) => KeyValuePair.Create(id, Encoding.UTF8.GetBytes(token)))]);
        var options = new CharacterBpeOptions();
        Assert.Contains("no token 7", Assert.Throws<ArgumentException>(() => new CharacterBpe(vocabulary, [(0, 7)], options)).Message, StringComparison.Ordinal);
        Assert.Contains("'ba'", Assert.Throws<ArgumentException>(() => new CharacterBpe(vocabulary, [(0, 1), (1, 0)], options)).Message, StringComparison.Ordinal);
        Assert.Contains("twice", Assert.Throws<ArgumentException>(() => new CharacterBpe(vocabulary, [(0, 1), (0, 1)], options)).Message, StringComparison.Ordinal);
        Assert.Contains("<unk>", Assert.Throws<ArgumentException>(() => new CharacterBpe(vocabulary, [], new CharacterBpeOptions { UnknownToken = "<unk>" })).Message, StringComparison.Ordinal);
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => CharacterBpe.FromScores(vocabulary, [0, float.NaN, 0],
            [PieceKind.Normal, PieceKind.Normal, PieceKind.Normal], options)).Message, StringComparison.Ordinal);
    }
}
