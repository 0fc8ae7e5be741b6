using System.Text;
using Athanor.Tokenizers.Words;

namespace Athanor.Tokenizers.Tests.Words;

public class WordPieceTests
{
    private static readonly string[] Tokens = ["[UNK]", "un", "##aff", "##able", "##a", "want", "##want", "##ed", "runn", "##ing", "\u4E2D", "##\u4E2D"];

    private static readonly Vocabulary Vocabulary = new(Tokens.Select((token, id) => KeyValuePair.Create(id, Encoding.UTF8.GetBytes(token))));

    private static string[] Encode(TokenModel model, string text)
    {
        var buffer = new TokenBuffer(withRanges: true);
        model.Encode(Encoding.UTF8.GetBytes(text), 0, buffer);
        Assert.Equal(Encoding.UTF8.GetByteCount(text), buffer.Ranges.ToArray().Sum(range => range.Length));
        return [.. buffer.Ids.ToArray().Select(id => Tokens[id])];
    }

    [Theory]
    [InlineData("unwanted", "un ##want ##ed")]
    [InlineData("running", "runn ##ing")]
    [InlineData("unaffable", "un ##aff ##able")]
    [InlineData("unwantedX", "[UNK]")]
    [InlineData("##ed", "##ed")]
    [InlineData("\u4E2D\u4E2D", "\u4E2D ##\u4E2D")]
    [InlineData("aun", "[UNK]")]
    public void The_longest_token_counts_from_the_left(string word, string tokens) =>
        Assert.Equal(tokens.Split(' '), Encode(new WordPiece(Vocabulary), word));

    [Fact]
    public void Long_words_are_unknown_and_the_limit_counts_characters()
    {
        var model = new WordPiece(Vocabulary, maxCharacters: 4);
        Assert.Equal(["\u4E2D", "##\u4E2D", "##\u4E2D", "##\u4E2D"], Encode(model, "\u4E2D\u4E2D\u4E2D\u4E2D"));
        Assert.Equal(["[UNK]"], Encode(model, "\u4E2D\u4E2D\u4E2D\u4E2D\u4E2D"));
    }

    [Fact]
    public void It_equals_the_textbook_on_random_words()
    {
        var random = new Random(2);
        string[] tokens = ["[UNK]", .. Enumerable.Range(0, 60).Select(_ => (random.Next(2) == 0 ? "##" : "") + Word(random, 4)).Distinct()];
        var ids = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id);
        var model = new WordPiece(new Vocabulary(ids.Select(pair => KeyValuePair.Create(pair.Value, Encoding.UTF8.GetBytes(pair.Key)))));
        for (int i = 0; i < 3000; i++)
        {
            string word = Word(random, 10);
            var expected = new List<int>();
            for (int start = 0; start < word.Length;)
            {
                int end = Enumerable.Range(start + 1, word.Length - start).LastOrDefault(to => ids.ContainsKey((start > 0 ? "##" : "") + word[start..to]));
                if (end == 0)
                {
                    expected = [0];
                    break;
                }
                expected.Add(ids[(start > 0 ? "##" : "") + word[start..end]]);
                start = end;
            }
            var buffer = new TokenBuffer();
            model.Encode(Encoding.UTF8.GetBytes(word), 0, buffer);
            Assert.Equal(expected, buffer.Ids.ToArray());
        }
    }

    [Fact]
    public void Whole_words_are_tokens_or_unknown()
    {
        var model = new WordLevel(Vocabulary, "[UNK]");
        Assert.Equal(["want"], Encode(model, "want"));
        Assert.Equal(["[UNK]"], Encode(model, "wanted"));
        Assert.Throws<ArgumentException>(() => new WordLevel(Vocabulary, "<none>"));
        Assert.Throws<ArgumentException>(() => new WordPiece(Vocabulary, "<none>"));
    }

    private static string Word(Random random, int most) => new([.. Enumerable.Range(0, random.Next(1, most + 1)).Select(_ => (char)random.Next('a', 'd'))]);
}
