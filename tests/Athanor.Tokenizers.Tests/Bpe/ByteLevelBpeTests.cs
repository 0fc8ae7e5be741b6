using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.Tests.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Tokenizers.Tests.Bpe;

public class ByteLevelBpeTests
{
    [Theory]
    [InlineData(true, false, true)]
    [InlineData(true, true, true)]
    [InlineData(false, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void Pieces_have_the_tokens_of_the_textbook_algorithm(bool trained, bool wholeFirst, bool allBytes)
    {
        var random = new Random(21);
        var output = new TokenBuffer(withRanges: true);
        for (int round = 0; round < 100; round++)
        {
            RandomBpe random1 = RandomBpe.Create(random, random.Next(0, 120), trained, allBytes);
            ByteLevelBpe model = random1.Model(wholeFirst);
            var naive = new NaiveBpe(random1.Vocabulary, random1.Merges, wholeFirst);
            for (int i = 0; i < 20; i++)
            {
                // Half of the texts of tokens themselves, since few random ones have long tokens in them.
                byte[] text = i % 2 == 0 ? RandomBpe.Text(random, random.Next(20) == 0 ? random.Next(65, 700) : random.Next(1, 65)) : random1.Tokens(random, random.Next(1, 9));
                List<int> expected = naive.Encode(text);
                for (int again = 0; again < 2; again++)
                {
                    output.Clear();
                    model.Encode(text, 5, output);
                    Assert.True(expected.SequenceEqual(output.Ids.ToArray()), $"round {round}: {Convert.ToHexString(text)}");
                }
                int at = 5;
                foreach ((int id, ByteRange range) in output.Ids.ToArray().Zip(output.Ranges.ToArray()))
                {
                    Assert.True(allBytes ? range.Start == at : range.Start >= at);
                    Assert.Equal(random1.Vocabulary[id], text.AsSpan(range.Start - 5, range.Length));
                    at = range.End;
                }
            }
        }
    }

    [Fact]
    public void Ranks_merge_where_bytes_together_are_a_token()
    {
        var random = new Random(22);
        var output = new TokenBuffer();
        for (int round = 0; round < 100; round++)
        {
            // Any tokens, reachable by merges or not.
            var tokens = Enumerable.Range(0, 256).Select(value => new byte[] { (byte)value }).ToList();
            var seen = new HashSet<string>();
            for (int i = random.Next(100); i > 0; i--)
            {
                byte[] token = RandomBpe.Text(random, random.Next(2, 7));
                if (seen.Add(Convert.ToHexString(token)))
                    tokens.Add(token);
            }
            var vocabulary = new Vocabulary(tokens.Select((token, id) => KeyValuePair.Create(id, token)));
            ByteLevelBpe model = ByteLevelBpe.FromRanks(vocabulary);
            for (int i = 0; i < 20; i++)
            {
                byte[] text = RandomBpe.Text(random, random.Next(1, 90));
                output.Clear();
                model.Encode(text, 0, output);
                Assert.Equal(Naive(vocabulary, text), output.Ids.ToArray());
            }
        }

        static List<int> Naive(Vocabulary vocabulary, byte[] text)
        {
            if (vocabulary.TryGetId(text, out int whole))
                return [whole];
            List<byte[]> parts = [.. text.Select(value => new[] { value })];
            while (true)
            {
                (int best, int lowest) = (-1, int.MaxValue);
                for (int i = 0; i + 1 < parts.Count; i++)
                {
                    if (vocabulary.TryGetId([.. parts[i], .. parts[i + 1]], out int id) && id < lowest)
                        (best, lowest) = (i, id);
                }
                if (best < 0)
                    return [.. parts.Select(part => vocabulary.TryGetId(part, out int id) ? id : -1)];
                parts[best] = [.. parts[best], .. parts[best + 1]];
                parts.RemoveAt(best + 1);
            }
        }
    }

    [Fact]
    public void A_model_of_ranks_and_the_model_of_its_merges_agree()
    {
        var random = new Random(23);
        RandomBpe source = RandomBpe.Create(random, 100, trained: true);
        ByteLevelBpe ranks = ByteLevelBpe.FromRanks(source.Vocabulary);
        ByteLevelBpe merges = ByteLevelBpe.FromMerges(source.Vocabulary, ranks.Merges, ignoreMerges: true);
        var a = new TokenBuffer();
        var b = new TokenBuffer();
        for (int i = 0; i < 500; i++)
        {
            byte[] text = RandomBpe.Text(random, random.Next(1, 60));
            ranks.Encode(text, 0, a);
            merges.Encode(text, 0, b);
        }
        Assert.Equal(a.Ids, b.Ids);
    }

    [Fact]
    public void Decoding_gives_back_every_byte_string()
    {
        RandomBpe source = RandomBpe.Create(new Random(24), 200, trained: true);
        ByteLevelBpe model = source.Model(wholeFirst: false);
        var output = new TokenBuffer();
        Check.QuickThrowOnFailure(Prop.ForAll<byte[]>(bytes =>
        {
            byte[] text = [.. bytes.Select(value => value < 128 ? (byte)('a' + value % 3) : value)];
            output.Clear();
            model.Encode(text, 0, output);
            var decoded = new byte[text.Length];
            return model.Vocabulary.GetByteCount(output.Ids) == text.Length && model.Vocabulary.Decode(output.Ids, decoded) == text.Length && decoded.AsSpan().SequenceEqual(text);
        }));
    }

    [Fact]
    public void Megabytes_of_one_letter_or_period_are_encoded_exactly_and_fast()
    {
        RandomBpe source = RandomBpe.Create(new Random(25), 150, trained: true);
        ByteLevelBpe model = source.Model(wholeFirst: false);
        var output = new TokenBuffer();
        foreach (string period in (string[])["a", "b", "ab", "aab ", "abcde", "aaaaaaaaaaaaaaaaaab"])
        {
            byte[] text = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(period, 1_000_000 / period.Length)));
            TimeSpan limit = TimeSpan.FromSeconds(2), time = Quickest.Of(limit, () =>
            {
                output.Clear();
                model.Encode(text, 0, output);
            });
            Assert.True(time < limit, $"{period}: {time}");
            var symbols = new int[text.Length];
            int count = new HeapMerger().Merge(text.AsSpan(0, 100_000), model.Symbols.Pairs, symbols, out _, out _);
            // Up to where the shorter text's end has no say.
            for (int i = 0; i < count - 400; i++)
                Assert.Equal(model.Symbols.Ids[symbols[i]], output.Ids[i]);
        }
    }

    [Fact]
    public void The_heap_merges_as_the_textbook_does()
    {
        var random = new Random(26);
        var heap = new HeapMerger();
        for (int round = 0; round < 60; round++)
        {
            RandomBpe source = RandomBpe.Create(random, 60, trained: round % 2 == 0);
            ByteLevelBpe model = source.Model(wholeFirst: false);
            var naive = new NaiveBpe(source.Vocabulary, source.Merges, false);
            byte[] text = RandomBpe.Text(random, 200);
            var symbols = new int[text.Length];
            int count = heap.Merge(text, model.Symbols.Pairs, symbols, out _, out _);
            Assert.Equal(naive.Encode(text), symbols.Take(count).Select(symbol => model.Symbols.Ids[symbol]));
        }
    }

    [Fact]
    public void Bad_merges_are_refused_by_name()
    {
        var vocabulary = new Vocabulary([new(0, [(byte)'a']), new(1, [(byte)'b']), new(2, [(byte)'a', (byte)'b'])]);
        Assert.Contains("no token", Assert.Throws<ArgumentException>(() => ByteLevelBpe.FromMerges(vocabulary, [(0, 7)])).Message, StringComparison.Ordinal);
        Assert.Contains("'b' and 'a'", Assert.Throws<ArgumentException>(() => ByteLevelBpe.FromMerges(vocabulary, [(1, 0)])).Message, StringComparison.Ordinal);
        Assert.Contains("twice", Assert.Throws<ArgumentException>(() => ByteLevelBpe.FromMerges(vocabulary, [(0, 1), (0, 1)])).Message, StringComparison.Ordinal);
    }
}
