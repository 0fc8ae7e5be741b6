using System.Text;
using Athanor.Tokenizers.Files.Tiktoken;

namespace Athanor.Tokenizers.Tests.Files.Tiktoken;

public class TiktokenFileTests
{
    internal static byte[] Ranks(params string[] more)
    {
        var lines = new StringBuilder();
        for (int value = 0; value < 256; value++)
            lines.Append($"{Convert.ToBase64String([(byte)value])} {value}\n");
        for (int i = 0; i < more.Length; i++)
            lines.Append($"{Convert.ToBase64String(Encoding.UTF8.GetBytes(more[i]))} {256 + i}\n");
        return Encoding.ASCII.GetBytes(lines.ToString());
    }

    [Fact]
    public void Ranks_are_read_and_written_byte_for_byte()
    {
        byte[] data = Ranks("he", "ll", "hell", "hello", " hello");
        Vocabulary ranks = TiktokenFile.ParseRanks(data, "r");
        Assert.Equal(261, ranks.Count);
        Assert.Equal(" hello"u8.ToArray(), ranks[260].ToArray());
        using var stream = new MemoryStream();
        TiktokenFile.Write(stream, ranks);
        Assert.Equal(data, stream.ToArray());
        byte[] windows = Encoding.ASCII.GetBytes("\r\n" + Encoding.ASCII.GetString(data).Replace("\n", "\r\n"));
        Assert.Equal(261, TiktokenFile.ParseRanks(windows, "r").Count);
    }

    [Fact]
    public void Damaged_lines_are_refused_by_their_number()
    {
        void Refused(string last, string problem) => Assert.Contains(
            problem, Assert.Throws<TokenizerFormatException>(() => TiktokenFile.ParseRanks([.. Ranks("he"), .. Encoding.ASCII.GetBytes(last)], "r")).Message,
            StringComparison.Ordinal);

        Refused("aGVs", "r, line 258: has no space");
        Refused("?? 300", "line 258: the token is not base64");
        Refused("aGVsbA 300", "line 258: the token is not base64");
        Refused(" 300", "line 258: the token is empty");
        Refused("aGVs x", "the rank is no number");
        Refused("aGVs -1", "the rank is no number");
        Refused("aGVs 99999999999", "the rank is no number");
        Refused("aGVs 256", "line 258: the rank 256 is the same as that of line 257");
        Refused("aGU= 300", "line 258: the token 'he' is the same as that of line 257");
        Refused("aGVs 100000000", "100000000");
        Refused(new string('A', 4000) + " 300", "more than 1024 bytes");
        byte[] lacking = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(Ranks()).Replace("QQ== 65\n", ""));
        Assert.Contains("0x41", Assert.Throws<TokenizerFormatException>(() => TiktokenFile.ParseRanks(lacking, "r")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encodings_are_known_by_name_and_others_refused()
    {
        Assert.Equal("r50k_base", TiktokenEncoding.ByName("gpt2").Name);
        Assert.Equal("cl100k_base", TiktokenEncoding.ByName("CL100K").Name);
        TiktokenEncoding llama = TiktokenEncoding.ByName("llama3");
        Assert.Equal(256, llama.SpecialTokens.Length);
        Assert.Equal("<|eot_id|>", llama.SpecialTokens[9].Key);
        Assert.Equal("<|reserved_special_token_250|>", llama.SpecialTokens[255].Key);
        Assert.Equal("<|reserved_special_token_247|>", TiktokenEncoding.ByName("llama3.1").SpecialTokens[255].Key);
        Assert.Contains("known are r50k_base", Assert.Throws<ArgumentException>(() => TiktokenEncoding.ByName("p100k")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_of_ranks_encodes_and_survives_its_tokenizer_json()
    {
        var encoding = new TiktokenEncoding("own", TiktokenEncoding.ByName("cl100k").Scanner, [new("<|endoftext|>", -1), new("<|pad|>", 300)], null, "<|endoftext|>");
        var tokenizer = new Tokenizer(TiktokenTokenizer.Build(TiktokenFile.ParseRanks(Ranks("he", "ll", "hell", "hello", " hello"), "r"), encoding, "r"));
        Assert.Equal([259, 260, '!', 13, 10], tokenizer.Encode("hello hello!\r\n"));
        Assert.Equal([259, 261], tokenizer.Encode("hello<|endoftext|>", EncodeOptions.ParseSpecial));
        Assert.Equal(300, tokenizer.Encode("<|pad|>", EncodeOptions.ParseSpecial)[0]);
        Assert.Equal(261, tokenizer.EosId);
        using var json = new MemoryStream();
        tokenizer.WriteJson(json);
        Tokenizer again = Tokenizer.FromJson(json.ToArray());
        foreach (string text in new[] { "hello hello!\r\n", "hhellell 12345 \u4E2D\U0001F600", " hello\u00A0 hell " })
        {
            Assert.Equal(tokenizer.Encode(text), again.Encode(text));
            Assert.Equal(text, again.Decode(again.Encode(text)));
        }
        TiktokenEncoding taken = encoding with { SpecialTokens = [new("<|endoftext|>", 256)] };
        Assert.Contains("the rank 256 is taken", Assert.Throws<TokenizerFormatException>(
            () => TiktokenTokenizer.Build(TiktokenFile.ParseRanks(Ranks("he"), "r"), taken, "r")).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Long")]
    public void Damaged_files_are_read_or_refused() =>
        Mutations.Check(Ranks("he", "ll", "hell", "hello", " hello"), 100_000, data => TiktokenFile.ParseRanks(data, "fuzz"));
}
