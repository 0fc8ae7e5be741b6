using System.Text;

namespace Athanor.Tokenizers.Tests;

public class TextPatternTests
{
    [Theory]
    [InlineData(@"\p{L}+", "\U00010428a \U0001D400 \u4F60", "\U00010428a|\U0001D400|\u4F60")]
    [InlineData(@"\p{Lu}", "\U00010400\U00010428A", "\U00010400|A")]
    [InlineData(@"\p{N}", "\U0001D7D81\uFF11", "\U0001D7D8|1|\uFF11")]
    [InlineData(@"[^\s\p{L}\p{N}]+", "a\U0001F600\U0001F468b!", "\U0001F600\U0001F468|!")]
    [InlineData(@"\s+(?!\S)|\s", "a  b ", " | | ")]
    [InlineData(@"(a)\1", "aaab", "aa")]
    [InlineData(@"^b", "a\nb", "b")]
    public void Regexes_match_characters_of_every_plane(string regex, string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Find(TextPattern.Matching(regex), Encoding.UTF8.GetBytes(text)).Select(Encoding.UTF8.GetString)));

    [Fact]
    public void Bytes_that_are_not_UTF8_are_characters_of_no_class()
    {
        byte[] text = [(byte)'a', 0xFF, 0xE2, 0x82, (byte)' ', 0xC3];
        Assert.Equal([[0xFF, 0xE2, 0x82], [0xC3]], Find(TextPattern.Matching(@"[^\s\p{L}\p{N}]+"), text));
        Assert.Equal([[(byte)'a']], Find(TextPattern.Matching(@"\p{L}+"), text));
    }

    [Theory]
    [InlineData("[a-z&&[^b]]")]
    [InlineData("[[:alpha:]]")]
    [InlineData("a++")]
    [InlineData("a?+b")]
    [InlineData(@"\h")]
    [InlineData(@"\X")]
    [InlineData("(")]
    [InlineData(@"\p{Han}")]
    [InlineData("[]a]")]
    [InlineData("\U0001F600")]
    public void What_the_engine_would_read_otherwise_is_refused(string regex) =>
        Assert.Contains(regex, Assert.Throws<NotSupportedException>(() => TextPattern.Matching(regex)).Message, StringComparison.Ordinal);

    [Fact]
    public void Quantifiers_that_only_look_possessive_are_read()
    {
        Assert.Equal(["a+"u8.ToArray()], Find(TextPattern.Matching(@"a\++"), "a+"u8.ToArray()));
        Assert.Equal(["?a"u8.ToArray()], Find(TextPattern.Matching("[?+]+a"), "?a"u8.ToArray()));
    }

    private static List<byte[]> Find(TextPattern pattern, byte[] text)
    {
        List<ByteRange> matches = [];
        pattern.FindMatches(text, 0, matches);
        return [.. matches.Select(match => text[match.Start..match.End])];
    }
}
