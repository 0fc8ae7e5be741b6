using System.Text;

namespace Athanor.Tokenizers.Tests.Testing;

/// <summary>Random texts of characters that pre-tokenizers and merges trip over.</summary>
internal static class NastyText
{
    private static readonly string[] Ascii =
    [
        " ", " ", " ", "  ", "\n", "\r\n", "\r", "\t", "\v", "\f", "'", "'", "'s", "'S", "'re", "'LL", "'ve", "'d", "'M", "'t", "l", "L", "e", "r", "v", "s",
        "a", "b", "Z", "Q", "hello", "World", "HTTP", "x", "0", "1", "23", "4567", "/", "//", "(", ")", ".", "...", "-", "_", "\0", "\u007f", "!", "\"", "{", "}",
    ];

    private static readonly string[] Basic =
    [
        "\u00e9", "\u00c9", "\u0131", "\u0130", "\u017f", "'\u017f", "\u212a", "\u01c5", "\u02b0", "\u0416", "\u0436", "\u65e5", "\u672c", "\u3042", "\u30fc", "\ud55c", "\u0e01", "\u0e31", "\u0301",
        "\u0903", "\u20dd", "\u00b2", "\u00bd", "\u0663", "\uff11", "\u2160", "\u3007", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000",
        "\u200b", "\u200d", "\ufeff", "\ufffd", "\u20ac", "\u2019", "\u2019s", "\u00ab", "\u0600", "\ue000", "\uffff", "\u0378",
    ];

    private static readonly string[] Astral =
    [
        "\U0001D400", "\U0001D41A", "\U00010400", "\U00010428", "\U00020000", "\U0001F600", "\U0001F1E9\U0001F1EA", "\U0001F468\u200D\U0001F469", "\U0001D7D8", "\U00010107", "\U000E0100", "\U0001E900", "\U0010FFFF", "\U000F0000",
    ];

    private static readonly byte[][] Broken =
    [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1], [0xC3], [0xE2, 0x82], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x9F], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xFF], [0xFE], [0xF0, 0x9F, 0x98], [0xE2, 0x28, 0xA1],
    ];

    /// <summary>A text of random parts, each kind of them as likely as a random mood of this text has it.</summary>
    public static byte[] Create(Random random, int parts, bool basicOnly = false)
    {
        var text = new MemoryStream();
        int basic = random.Next(4), astral = basicOnly ? 0 : random.Next(3), broken = basicOnly ? 0 : random.Next(3), runs = random.Next(3);
        for (int i = 0; i < parts; i++)
        {
            int kind = random.Next(6 + basic + astral + broken);
            byte[] part = kind < 6 ? Pick(Ascii) : kind < 6 + basic ? Pick(Basic) : kind < 6 + basic + astral ? Pick(Astral) : Broken[random.Next(Broken.Length)];
            int repeats = random.Next(8) < runs ? random.Next(1, 8) : 1;
            for (int r = 0; r < repeats; r++)
                text.Write(part);
        }
        return text.ToArray();

        byte[] Pick(string[] from) => Encoding.UTF8.GetBytes(from[random.Next(from.Length)]);
    }

    /// <summary>Long ASCII text of few kinds of characters, in which every rule meets every border of a block.</summary>
    public static byte[] CreateAscii(Random random, int length)
    {
        var text = new byte[length];
        string letters = random.Next(4) switch { 0 => "ab  \n", 1 => "aB 1\n\r\t'(", 2 => "  \n\t/).s'", _ => "stlveremdSTLVA' " };
        int run = 0, c = 0;
        for (int i = 0; i < length; i++)
        {
            if (run-- <= 0)
            {
                c = letters[random.Next(letters.Length)];
                run = random.Next(3) == 0 ? random.Next(6) : 0;
            }
            text[i] = (byte)c;
        }
        return text;
    }
}
