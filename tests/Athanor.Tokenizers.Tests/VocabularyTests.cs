using System.Buffers;
using System.Text;

namespace Athanor.Tokenizers.Tests;

public class VocabularyTests
{
    [Fact]
    public void Tokens_and_ids_find_each_other()
    {
        var random = new Random(1);
        var tokens = new Dictionary<int, byte[]>();
        var seen = new HashSet<string>();
        for (int i = 0; i < 5000; i++)
        {
            var token = new byte[random.Next(1, random.Next(2, 40))];
            random.NextBytes(token);
            int id = random.Next(20_000);
            if (!tokens.ContainsKey(id) && seen.Add(Convert.ToHexString(token)))
                tokens.Add(id, token);
        }
        var vocabulary = new Vocabulary(tokens);
        Assert.Equal(tokens.Count, vocabulary.TokenCount);
        Assert.Equal(tokens.Keys.Max() + 1, vocabulary.Count);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            Assert.Equal(tokens.ContainsKey(id), vocabulary.Contains(id));
            Assert.Equal(tokens.GetValueOrDefault(id, []), vocabulary[id].ToArray());
            if (tokens.TryGetValue(id, out byte[]? token))
            {
                Assert.True(vocabulary.TryGetId(token, out int found));
                Assert.Equal(id, found);
                Assert.Equal(seen.Contains(Convert.ToHexString([.. token, 1])), vocabulary.TryGetId([.. token, 1], out _));
            }
        }
        int[] ids = [.. Enumerable.Range(0, 3000).Select(_ => tokens.Keys.ElementAt(random.Next(100)))];
        byte[] expected = [.. ids.SelectMany(id => tokens[id])];
        var exact = new byte[expected.Length];
        Assert.Equal(expected.Length, vocabulary.GetByteCount(ids));
        Assert.Equal(expected.Length, vocabulary.Decode(ids, exact));
        Assert.Equal(expected, exact);
        var writer = new ArrayBufferWriter<byte>();
        vocabulary.Decode(ids, writer);
        Assert.Equal(expected, writer.WrittenSpan.ToArray());
        Assert.Throws<ArgumentException>(() => vocabulary.Decode(ids, new byte[expected.Length - 1]));
    }

    [Fact]
    public void Wrong_ids_and_tokens_are_refused()
    {
        Assert.Contains("two ids, 1 and 4", Assert.Throws<ArgumentException>(() => Create((1, "x"), (4, "x"))).Message, StringComparison.Ordinal);
        Assert.Contains("same id 1", Assert.Throws<ArgumentException>(() => Create((1, "x"), (1, "y"))).Message, StringComparison.Ordinal);
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => Create((1, ""))).Message, StringComparison.Ordinal);
        Assert.Contains("negative", Assert.Throws<ArgumentException>(() => Create((-1, "x"))).Message, StringComparison.Ordinal);
        Assert.Contains("far above", Assert.Throws<ArgumentException>(() => Create((2_000_000_000, "x"))).Message, StringComparison.Ordinal);
        Vocabulary vocabulary = Create((0, "x"), (5, "y"));
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.Decode([3], new byte[99]));
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.Decode([-1], new byte[99]));
        Assert.Throws<ArgumentOutOfRangeException>(() => vocabulary.GetByteCount([6]));
    }

    private static Vocabulary Create(params (int Id, string Token)[] tokens) =>
        new(tokens.Select(token => KeyValuePair.Create(token.Id, Encoding.UTF8.GetBytes(token.Token))));
}
