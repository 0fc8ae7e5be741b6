using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Repair;

namespace Athanor.Data.Tests.Repair;

public sealed class RepairTests
{
    /// <summary>Windows-1252 with Latin-1's controls where it has no character: what browsers call windows-1252.</summary>
    private const string Upper = "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    [Theory]
    [InlineData("déjà vu in Łódź – “so” naïve…")]
    [InlineData("Привет, мир! Γειά σου")]
    [InlineData("日本語の文章 and 🙏🏽")]
    public void Utf8_read_as_windows_1252_is_undone_up_to_three_times_over(string text)
    {
        string broken = text;
        for (int times = 1; times <= 3; times++)
        {
            broken = ReadAsWindows1252(broken);
            Assert.Equal(text, Mojibake.Repair(broken, out int repaired));
            Assert.True(repaired > 0);
        }
    }

    [Theory]
    [InlineData("Déjà vu, Müller, São Paulo, Ærø, façade, naïve ÀÉÎÕÜ")]
    [InlineData("VOILÉ” – “MAÇÃ” – ‘CAFÉ’ – É… Ô™")]
    [InlineData("Tiếng Việt, Ελληνικά, русский, עברית, العربية, 中文, ไทย")]
    [InlineData("5 €, £3, ½ × ¾, 20 °C, § 3, «oui», ©®™")]
    public void True_letters_are_left_alone(string text)
    {
        Assert.Same(text, Mojibake.Repair(text, out int repaired));
        Assert.Equal(0, repaired);
    }

    [Fact]
    public void Mistaken_and_true_letters_can_stand_side_by_side() => Assert.Equal("é und ü und é", Mojibake.Repair("Ã© und ü und Ã©", out _));

    [Fact]
    public void Random_texts_survive_breaking_and_repair()
    {
        var random = new Random(4);
        char[] letters = [.. "abc é ü ñ ç ß ø å ł ž я д 日 本 “ ” – € ™ 🙏"];
        for (int round = 0; round < 500; round++)
        {
            // One certain case, without which a lone letter would be left alone.
            string text = "dépôt " + new string([.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => letters[random.Next(letters.Length)]).Where(unit => !char.IsSurrogate(unit))]);
            Assert.Equal(text, Mojibake.Repair(ReadAsWindows1252(text), out _));
        }
    }

    [Theory]
    [InlineData("a\r\nb\rc\u2028d\u0085e\n", "a\nb\nc\nd\ne\n")]
    [InlineData("a\0b\u0007c\u007f\td\u202ee", "abc\tde")]
    [InlineData("soft\u00ADhyphen zero\u200Bwidth \uFEFFmark joi\u200Dner", "softhyphen zerowidth mark joi\u200Dner")]
    [InlineData("e\u0301 and A\u030A", "é and Å")]
    [InlineData("“quotes” ‘stay’ 1\u00A0000", "“quotes” ‘stay’ 1\u00A0000")]
    [InlineData("nothing to do  \n\n\n\nhere", "nothing to do  \n\n\n\nhere")]
    public void What_is_on_by_default(string text, string expected) => Assert.Equal(expected, Apply(new RepairSettings(), text));

    [Fact]
    public void Lone_surrogates_become_the_replacement_character() =>
        Assert.Equal("lone \uFFFD and \uFFFD, pair \ud83d\ude4f", Apply(new RepairSettings(), "lone " + (char)0xD800 + " and " + (char)0xDC00 + ", pair \ud83d\ude4f"));

    [Fact]
    public void Normalisation_is_by_choice()
    {
        var settings = new RepairSettings { StraightQuotes = true, PlainSpaces = true, TrailingSpace = true, MaxLineFeeds = 2 };
        Assert.Equal("\"so\" it's 1 000\n\nend\n", Apply(settings, "“so” it’s 1\u00A0000  \t\n\n\n\n \nend  \n"));
    }

    [Fact]
    public void Each_repair_can_be_switched_off()
    {
        const string Text = "Ã© \r\n \0 \u200B e\u0301 \ud800";
        Assert.Equal(Text, Apply(new RepairSettings { Mojibake = false, ControlCharacters = false, LineEnds = false, ZeroWidth = false, Nfc = false }, Text));
    }

    [Fact]
    public void Signals_say_what_was_done()
    {
        var document = new Document("1", "Ã© Ã¼\r\n\0\0\u200B e\u0301");
        var signals = new float[5];
        new RepairSettings().Prepare(1)().Apply(ref document, signals);
        Assert.Equal([2, 2, 1, 1, 1], signals);
        Document same = new("1", "nothing"), before = same;
        new RepairSettings().Prepare(1)().Apply(ref same, signals);
        Assert.Same(before, same);
        Assert.Equal(new float[5], signals);
    }

    private static string Apply(RepairSettings settings, string text)
    {
        var document = new Document("1", text);
        Assert.Null(settings.Prepare(1)().Apply(ref document, default));
        return document.Text;
    }

    private static string ReadAsWindows1252(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(value => value is >= 0x80 and < 0xA0 ? Upper[value - 0x80] : (char)value));
}
