using System.Text;
using Athanor.Data.Charsets;

namespace Athanor.Data.Tests.Charsets;

public sealed class TextDecoderTests
{
    private static readonly (string Label, string Text)[] Texts =
    [
        ("windows-1252", "Die Stra\u00dfen der Stadt M\u00fcnchen sind f\u00fcr Fu\u00dfg\u00e4nger sch\u00f6ner geworden, sagt der B\u00fcrgermeister \u2013 \u201eendlich\u201c."),
        ("windows-1252", "L\u2019\u00e9t\u00e9 dernier, les \u00e9l\u00e8ves ont visit\u00e9 le ch\u00e2teau o\u00f9 v\u00e9cut la reine ; \u00e7a leur a beaucoup plu."),
        ("shift_jis", "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u306f\u3001\u6f22\u5b57\u3068\u3072\u3089\u304c\u306a\u3068\u30ab\u30bf\u30ab\u30ca\u3092\u6df7\u305c\u3066\u66f8\u304d\u307e\u3059\u3002\u30c6\u30b9\u30c8\u3067\u3059\u3002"),
        ("euc-jp", "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u306f\u3001\u6f22\u5b57\u3068\u3072\u3089\u304c\u306a\u3068\u30ab\u30bf\u30ab\u30ca\u3092\u6df7\u305c\u3066\u66f8\u304d\u307e\u3059\u3002\u30c6\u30b9\u30c8\u3067\u3059\u3002"),
        ("iso-2022-jp", "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3067\u3059\u3002 ASCII mixed."),
        ("euc-kr", "\ub300\ud55c\ubbfc\uad6d\uc758 \uc218\ub3c4\ub294 \uc11c\uc6b8\uc774\ub2e4. \ud55c\uad6d\uc5b4\ub294 \ud55c\uae00\ub85c \uc801\uc73c\uba70 \ub9ce\uc740 \uc0ac\ub78c\uc774 \uc4f0\uace0 \uc788\ub2e4."),
        ("gb18030", "\u5317\u4eac\u662f\u4e2d\u56fd\u7684\u9996\u90fd\uff0c\u6709\u5f88\u591a\u4eba\u5728\u8fd9\u91cc\u751f\u6d3b\u548c\u5de5\u4f5c\u3002\u4ed6\u4eec\u8bf4\u8fd9\u4e2a\u5730\u65b9\u4e0d\u9519\u3002"),
        ("big5", "\u53f0\u5317\u662f\u81fa\u7063\u7684\u9996\u90fd\uff0c\u6709\u5f88\u591a\u4eba\u5728\u9019\u88e1\u751f\u6d3b\u548c\u5de5\u4f5c\u3002\u4ed6\u5011\u8aaa\u9019\u500b\u5730\u65b9\u4e0d\u932f\u3002"),
        ("windows-1251", "\u041c\u043e\u0441\u043a\u0432\u0430 \u2014 \u0441\u0442\u043e\u043b\u0438\u0446\u0430 \u0420\u043e\u0441\u0441\u0438\u0438, \u0433\u043e\u0440\u043e\u0434 \u0444\u0435\u0434\u0435\u0440\u0430\u043b\u044c\u043d\u043e\u0433\u043e \u0437\u043d\u0430\u0447\u0435\u043d\u0438\u044f."),
        ("koi8-r", "\u041c\u043e\u0441\u043a\u0432\u0430, \u0441\u0442\u043e\u043b\u0438\u0446\u0430 \u0420\u043e\u0441\u0441\u0438\u0438, \u0433\u043e\u0440\u043e\u0434 \u0444\u0435\u0434\u0435\u0440\u0430\u043b\u044c\u043d\u043e\u0433\u043e \u0437\u043d\u0430\u0447\u0435\u043d\u0438\u044f."),
        ("windows-1253", "\u0397 \u0391\u03b8\u03ae\u03bd\u03b1 \u03b5\u03af\u03bd\u03b1\u03b9 \u03b7 \u03c0\u03c1\u03c9\u03c4\u03b5\u03cd\u03bf\u03c5\u03c3\u03b1 \u03c4\u03b7\u03c2 \u0395\u03bb\u03bb\u03ac\u03b4\u03b1\u03c2 \u03ba\u03b1\u03b9 \u03b7 \u03bc\u03b5\u03b3\u03b1\u03bb\u03cd\u03c4\u03b5\u03c1\u03b7 \u03c0\u03cc\u03bb\u03b7."),
        ("windows-1250", "P\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148 \u00fap\u011bl \u010f\u00e1belsk\u00e9 \u00f3dy, kter\u00e9 \u0161ly \u0159\u00edci."),
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Texts.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Undeclared_text_is_guessed_and_declared_text_believed(int number)
    {
        (string label, string text) = Texts[number];
        byte[] bytes = CharsetLabels.Find(label)!.Encoding.GetBytes(text);
        Assert.Equal(new DecodedText(text, label, true), TextDecoder.Decode(bytes, "", markup: true));
        Assert.Equal(new DecodedText(text, label, true), TextDecoder.Decode(bytes, label.ToUpperInvariant(), markup: true));
        string meta = $"<html><head><META http-equiv='Content-Type' content='text/html; charset={label}'><title>";
        Assert.Equal(new DecodedText(meta + text, label, true), TextDecoder.Decode([.. Encoding.ASCII.GetBytes(meta), .. bytes], "", markup: true));
        // UTF-8 is recognised whatever is declared.
        Assert.Equal(new DecodedText(text, "utf-8", true), TextDecoder.Decode(Encoding.UTF8.GetBytes(text), label == "iso-2022-jp" ? "" : label, markup: true));
    }

    [Fact]
    public void Marks_and_zeros_tell_utf_16()
    {
        const string Text = "<p>Wide \u00fc text\n";
        Assert.Equal(new DecodedText(Text, "utf-16le", true), TextDecoder.Decode([0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Text)], "utf-8", true));
        Assert.Equal(new DecodedText(Text, "utf-16be", true), TextDecoder.Decode([0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Text)], "", true));
        Assert.Equal(new DecodedText(Text, "utf-16le", true), TextDecoder.Decode(Encoding.Unicode.GetBytes(Text), "", true));
        Assert.Equal(new DecodedText(Text, "utf-8", true), TextDecoder.Decode([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Text)], "shift_jis", true));
    }

    [Fact]
    public void A_scratch_in_utf_8_stays_a_scratch()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("Gr\u00fc\u00dfe aus K\u00f6ln. ", 50))), 0xC3];
        DecodedText text = TextDecoder.Decode(bytes, "", true);
        Assert.Equal(("utf-8", false), (text.Charset, text.Valid));
        Assert.EndsWith("K\u00f6ln. \uFFFD", text.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_have_a_text()
    {
        var random = new Random(5);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            Assert.NotNull(TextDecoder.Decode(bytes, i % 3 == 0 ? "euc-kr" : "", i % 2 == 0).Text);
        }
    }
}
