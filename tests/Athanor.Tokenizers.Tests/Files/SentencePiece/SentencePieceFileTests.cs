using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Athanor.Testing;
using Athanor.Tokenizers.Files.SentencePiece;
using Athanor.Tokenizers.Tests.SentencePiece;

namespace Athanor.Tokenizers.Tests.Files.SentencePiece;

public partial class SentencePieceFileTests
{
    internal static byte[] Resource(string name)
    {
        using Stream stream = typeof(SentencePieceFileTests).Assembly.GetManifestResourceStream("Vectors/" + name)!;
        byte[] data = new byte[stream.Length];
        stream.ReadExactly(data);
        return data;
    }

    private static int[] Encode(TokenModel model, string text)
    {
        var buffer = new TokenBuffer();
        model.Encode(Encoding.UTF8.GetBytes(text), 0, buffer);
        return buffer.Ids.ToArray();
    }

    /// <summary>What SentencePiece's own normalizer makes of a text under the identity rule.</summary>
    private static string Escape(SentencePieceModel model, string text)
    {
        if (model.RemoveExtraWhitespaces)
            text = Spaces().Replace(text, " ").Trim(' ');
        return text.Length == 0 ? "" : ("\u2581" + text).Replace(' ', '\u2581');
    }

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();

    [Theory]
    [InlineData("unigram", SentencePieceAlgorithm.Unigram)]
    [InlineData("bpe", SentencePieceAlgorithm.Bpe)]
    public void Ids_are_those_that_SentencePiece_recorded(string name, SentencePieceAlgorithm algorithm)
    {
        SentencePieceModel model = SentencePieceFile.Parse(Resource(name + ".model"), name);
        Assert.Equal(algorithm, model.Algorithm);
        Assert.Equal("identity", model.NormalizerName);
        Assert.Equal((0, 1, 2, algorithm == SentencePieceAlgorithm.Bpe ? 3 : -1), (model.UnknownId, model.BosId, model.EosId, model.PadId));
        Assert.Equal(algorithm == SentencePieceAlgorithm.Bpe, model.ByteFallback);
        Assert.Equal(algorithm == SentencePieceAlgorithm.Unigram, model.RemoveExtraWhitespaces);
        TokenModel built = model.BuildModel();
        using JsonDocument vectors = JsonDocument.Parse(Resource(name + ".json"));
        foreach (JsonElement vector in vectors.RootElement.EnumerateArray())
        {
            int[] expected = [.. vector.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(expected, Encode(built, Escape(model, vector.GetProperty("text").GetString()!)));
        }
    }

    [Fact]
    public void Every_cut_of_a_file_is_refused_or_read_as_less()
    {
        byte[] data = Resource("bpe.model");
        for (int length = 0; length < data.Length; length += 7)
        {
            try
            {
                SentencePieceModel model = SentencePieceFile.Parse(data.AsSpan(0, length), "cut");
                Assert.True(model.Vocabulary.Count <= 520);
            }
            catch (TokenizerFormatException e)
            {
                Assert.StartsWith("cut", e.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>A message of one piece after another, each the bytes that a protocol buffer has for it.</summary>
    private static byte[] Model(params (string Piece, float Score, int Kind)[] pieces)
    {
        var data = new List<byte>();
        foreach ((string piece, float score, int kind) in pieces)
        {
            byte[] text = Encoding.UTF8.GetBytes(piece);
            byte[] message = [0x0A, (byte)text.Length, .. text, 0x15, .. BitConverter.GetBytes(score), 0x18, (byte)kind];
            data.AddRange([0x0A, (byte)message.Length, .. message]);
        }
        return [.. data];
    }

    [Fact]
    public void Inconsistent_models_are_refused_by_what_is_wrong()
    {
        void Refused(byte[] data, string problem) =>
            Assert.Contains(problem, Assert.Throws<TokenizerFormatException>(() => SentencePieceFile.Parse(data, "m")).Message, StringComparison.Ordinal);

        Refused([], "no pieces");
        Refused(Model(("a", 0, 1)), "0 pieces are of the kind unknown");
        Refused(Model(("<unk>", 0, 2), ("<u>", 0, 2)), "2 pieces are of the kind unknown");
        Refused(Model(("<unk>", 0, 2), ("a", 0, 1), ("a", -1, 1)), "piece 2: ('a') is the same as piece 1");
        Refused(Model(("<unk>", 0, 2), ("", 0, 1)), "piece 1: is empty");
        Refused(Model(("<unk>", 0, 2), ("a", float.NaN, 1)), "piece 1: ('a') has the score NaN");
        Refused(Model(("<unk>", 0, 2), ("a", float.PositiveInfinity, 1)), "score");
        Refused(Model(("<unk>", 0, 2), ("a", 0, 9)), "unknown kind 9");
        Refused([.. Model(("<unk>", 0, 2)), 0x12, 0x02, 0x18, 0x03], "the model type is Word");
        Refused([.. Model(("<unk>", 0, 2)), 0x12, 0x02, 0x18, 0x04], "the model type is Char");
        Refused([.. Model(("<unk>", 0, 2)), 0x12, 0x03, 0xC0, 0x01, 0x01], "treat_whitespace_as_suffix");
        Refused([.. Model(("<unk>", 0, 2)), 0x12, 0x03, 0x98, 0x02, 0x01], "byte_fallback is set, but no byte piece <0x00>");
        Refused([.. Model(("<unk>", 0, 2)), 0x12, 0x03, 0xC8, 0x02, 0x07], "bos_id is 7");
        Refused([.. Model(("<unk>", 0, 2)), 0x1A, 0x02, 0x28, 0x00], "escape_whitespaces");
        Refused([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], "byte 6: field 1 has 34359738367 bytes");
        Refused([0x0B], "wire type 3");
        Refused("not a protocol buffer at all"u8.ToArray(), "byte");
    }

    [Fact]
    [Trait("Category", "Long")]
    public void Damaged_files_are_read_or_refused()
    {
        foreach (string name in new[] { "unigram.model", "bpe.model" })
        {
            int read = 0;
            Mutations.Check(Resource(name), 100_000, data =>
            {
                SentencePieceModel model = SentencePieceFile.Parse(data, "fuzz");
                if (++read % 100 == 0)
                    Encode(model.BuildModel(), "\u2581some\u2581text \u4E2D");
            });
        }
    }

    [SharedDataFact("stories260K/tok512.bin")]
    public void The_tokenizer_of_a_real_small_Llama_gives_the_textbook_ids()
    {
        SentencePieceModel model = LlamaCFile.Load(SharedData.Path("stories260K/tok512.bin"));
        Assert.Equal(512, model.Vocabulary.Count);
        TokenModel built = model.BuildModel();
        // Every story of the model's published samples begins so.
        Assert.Equal(["\u2581Once", "\u2581upon", "\u2581a", "\u2581time"], Encode(built, "\u2581Once\u2581upon\u2581a\u2581time").Select(id => Encoding.UTF8.GetString(model.Vocabulary[id])));
        var pieces = Enumerable.Range(0, 512).Select(id => (Encoding.UTF8.GetString(model.Vocabulary[id]), model.Scores[id], model.Kinds[id])).ToList();
        foreach (string file in new[] { "expected_greedy_n200.txt", "expected_greedy_n256.txt" })
        {
            string text = "\u2581" + File.ReadAllText(SharedData.Path("stories260K/" + file)).Replace(' ', '\u2581') + "\u00E9\U0001F600";
            Assert.Equal(NaiveBpe.ByScore(pieces, true, text), Encode(built, text));
        }
    }

    /// <summary>A file of llama2.c's form with the tokens that every one has.</summary>
    internal static byte[] LlamaC(params string[] texts)
    {
        var data = new List<byte>(BitConverter.GetBytes(20));
        string[] tokens = ["<unk>", "\n<s>\n", "\n</s>\n", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), .. texts];
        for (int id = 0; id < tokens.Length; id++)
        {
            byte[] text = Encoding.UTF8.GetBytes(tokens[id]);
            data.AddRange([.. BitConverter.GetBytes(-(float)id), .. BitConverter.GetBytes(text.Length), .. text]);
        }
        return [.. data];
    }

    [Fact]
    public void A_tokenizer_of_llama2_c_is_read_and_damaged_ones_are_refused()
    {
        byte[] data = LlamaC(" ", "a", "b", " a", " ab");
        SentencePieceModel model = LlamaCFile.Parse(data, "t");
        Assert.Equal([262, 260, 261, 3 + 'c'], Encode(model.BuildModel(), "\u2581aabc"));
        void Refused(byte[] damaged, string problem) =>
            Assert.Contains(problem, Assert.Throws<TokenizerFormatException>(() => LlamaCFile.Parse(damaged, "t")).Message, StringComparison.Ordinal);

        Refused([1, 2], "cut short");
        Refused(data[..^1], "3 bytes, but only 2 are left");
        Refused(data[..103], "cut short");
        Refused(data[..17], "only 1 tokens are there");
        Refused([.. data, .. new byte[8]], "is empty");
        Refused([.. data, 0, 0, 0, 0, 255, 255, 255, 127], "has the length 2147483647");
        Refused(LlamaC("a", "a"), "is the same as piece 259");
        Refused([255, 255, 255, 127, .. data[4..]], "2147483647 bytes; 4096 at most");
        Refused([255, 255, 255, 255, .. data[4..]], "-1 bytes");
    }

    [Fact]
    [Trait("Category", "Long")]
    public void Damaged_tokenizers_of_llama2_c_are_read_or_refused() =>
        Mutations.Check(LlamaC(" ", "a", "b", " a", " ab"), 100_000, data => LlamaCFile.Parse(data, "fuzz"));
}
