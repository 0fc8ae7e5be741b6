using System.Security.Cryptography;
using System.Text;
using Athanor.Tokenizers.Normalizers;

namespace Athanor.Tokenizers.Tests.Normalizers;

public class UnicodeNormalizerTests
{
    // SHA-256 of the results of Hugging Face's tokenizers 0.23 (npm), each ended by a line feed: of every code point, and of the sequences below.
    [Theory]
    [InlineData(UnicodeForm.Nfc, "9cc65524a9d8082bf10840c616cd199bd2ac12ee49a3381bd6fb7957711f342b", "ec6dbf80fd96a630931b97da28afbf8c05d2b13ea3886026f307b27baaee4806")]
    [InlineData(UnicodeForm.Nfd, "34c986f61cb6f6d682995fecf92e27dccdcd867a8eb8358cb155ab1047757fa1", "fb22b894b2254f8e5aa10c98b9b998fa32bd52f9e71d5a0638708a1bb6ba0481")]
    [InlineData(UnicodeForm.Nfkc, "6a3e30f0f9aef6e699678c0600f1f19eca47f536f8da1f9b8c7725d4341f1cc5", "f40201cfdd7c6b878d7022c900553a857dad77bb1969fb8a35de936722f95df4")]
    [InlineData(UnicodeForm.Nfkd, "b13d7cf200216bf8a1994ee254dd770e4263e5ec5bbc2cc056a58baa4b647b3e", "f8a07f118dc6279154b0204792cc7f0484e868fe2397ae45d10d493eff07885b")]
    public void All_code_points_and_random_sequences_are_normalized_as_the_library_of_published_tokenizers_does(UnicodeForm form, string codePoints, string sequences)
    {
        var normalizer = new UnicodeNormalizer(form);
        Assert.Equal(codePoints, Hash(normalizer, AllCodePoints()));
        Assert.Equal(sequences, Hash(normalizer, Sequences(200_000)));
    }

    [Theory]
    [InlineData(UnicodeForm.Nfc)]
    [InlineData(UnicodeForm.Nfkd)]
    public void Joined_texts_are_normalized_as_their_parts_where_a_line_break_parts_them(UnicodeForm form)
    {
        var normalizer = new UnicodeNormalizer(form);
        byte[][] parts = [.. Sequences(2000)];
        byte[] joined = [.. parts.SelectMany(part => (byte[])[.. part, (byte)'\n'])];
        byte[] expected = [.. parts.SelectMany(part => (byte[])[.. Apply(normalizer, part), (byte)'\n'])];
        Assert.Equal(expected, Apply(normalizer, joined));
        Assert.Equal(expected, Apply(normalizer, expected));
        Assert.True(normalizer.Leaves(Encoding.UTF8.GetBytes("plain text")));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_survive_and_part_what_stands_around_them()
    {
        byte[] text = [(byte)'e', 0xCC, 0x81, 0xFF, 0xCC, 0x81, 0xC3, (byte)'e', 0xCC, 0x81, 0xE2, 0x82];
        byte[] expected = [0xC3, 0xA9, 0xFF, 0xCC, 0x81, 0xC3, 0xC3, 0xA9, 0xE2, 0x82];
        Assert.Equal(expected, Apply(new UnicodeNormalizer(UnicodeForm.Nfc), text));
    }

    [Fact]
    public void A_composed_character_stands_for_all_that_it_was_made_of()
    {
        var text = new NormalizedText();
        text.Reset("xe\u0301\u0323y"u8, 10, aligned: true);
        new UnicodeNormalizer(UnicodeForm.Nfc).Apply(text);
        Assert.Equal("x\u1EB9\u0301y", Encoding.UTF8.GetString(text.Bytes));
        Assert.Equal(new ByteRange(11, 5), text.Origin(1));
        Assert.Equal(new ByteRange(12, 2), text.Origin(4));
        Assert.Equal(new ByteRange(16, 1), text.Origin(6));
    }

    [Fact]
    public void A_hundred_thousand_marks_on_one_letter_are_sorted_at_once()
    {
        string marks = string.Concat(Enumerable.Range(0, 50_000).Select(i => i % 2 == 0 ? "\u0301" : "\u0323"));
        byte[] result = Apply(new UnicodeNormalizer(UnicodeForm.Nfd), Encoding.UTF8.GetBytes("a" + marks));
        Assert.Equal("a" + new string('\u0323', 25_000) + new string('\u0301', 25_000), Encoding.UTF8.GetString(result));
    }

    private static byte[] Apply(UnicodeNormalizer normalizer, byte[] bytes)
    {
        if (normalizer.Leaves(bytes))
            return bytes;
        var text = new NormalizedText();
        text.Reset(bytes, 0, aligned: false);
        normalizer.Apply(text);
        return text.Bytes.ToArray();
    }

    private static string Hash(UnicodeNormalizer normalizer, IEnumerable<byte[]> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] text in texts)
        {
            hash.AppendData(Apply(normalizer, text));
            hash.AppendData("\n"u8);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<byte[]> AllCodePoints()
    {
        for (int codePoint = 0; codePoint < 0x110000; codePoint++)
        {
            if (codePoint is < 0xD800 or > 0xDFFF)
                yield return Encoding.UTF8.GetBytes(char.ConvertFromUtf32(codePoint));
        }
    }

    private static IEnumerable<byte[]> Sequences(int count)
    {
        Func<uint, uint>[] pools =
        [
            r => 0x300 + r % 0x70, r => 0x1100 + r % 0x100, r => 0xAC00 + r % 11172, r => 0xC0 + r % 0x180, r => 0x900 + r % 0x500, r => 0x1E00 + r % 0x200,
            r => 0xF900 + r % 0x700, r => r % 0x110000, r => 0xF40 + r % 0x100, r => 0x16110 + r % 0x20, r => 0x11000 + r % 0x800, r => 0x1D100 + r % 0x200, r => 0x61 + r % 26,
            r => 0x1AB0 + r % 0x50, r => 0x8D0 + r % 0x30, r => 0x10E80 + r % 0x130, r => 0x11930 + r % 0x20,
        ];
        uint seed = 1;
        uint Next() => (seed = unchecked(seed * 1664525 + 1013904223)) >> 4;
        var text = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            text.Clear();
            uint length = 1 + Next() % 12, pool = Next() % (uint)pools.Length;
            for (; length > 0; length--)
            {
                Func<uint, uint> chosen = pools[Next() % 3 == 0 ? Next() % (uint)pools.Length : pool];
                uint codePoint = chosen(Next());
                text.Append(char.ConvertFromUtf32(codePoint is >= 0xD800 and < 0xE000 ? 0x41 : (int)codePoint));
            }
            yield return Encoding.UTF8.GetBytes(text.ToString());
        }
    }
}
