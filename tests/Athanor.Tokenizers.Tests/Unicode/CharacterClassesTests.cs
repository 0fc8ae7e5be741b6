using System.Globalization;
using System.Text;
using Athanor.Tokenizers.Unicode;

namespace Athanor.Tokenizers.Tests.Unicode;

public class CharacterClassesTests
{
    [Fact]
    public void Every_code_point_has_the_class_of_the_runtimes_tables()
    {
        for (int point = 0; point <= 0x10FFFF; point++)
        {
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(point);
            CharacterClass c = CharacterClasses.Of(point);
            Assert.True((category <= UnicodeCategory.OtherLetter) == c.HasFlag(CharacterClass.Letter), $"letter U+{point:X}");
            Assert.True((category is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber) == c.HasFlag(CharacterClass.Number), $"number U+{point:X}");
            if (point < 0x10000)
                Assert.True(char.IsWhiteSpace((char)point) == c.HasFlag(CharacterClass.Space), $"space U+{point:X}");
            Assert.Equal(CharacterClasses.Classify(point), c);
        }
    }

    [Fact]
    public void Bytes_are_read_as_the_runtime_decodes_them()
    {
        var random = new Random(1);
        var text = new byte[4];
        for (int i = 0; i < 2_000_000; i++)
        {
            // Mostly lead and continuation bytes near the borders of validity.
            uint bits = (uint)random.Next(int.MinValue, int.MaxValue);
            text[0] = (byte)(0xC0 | (bits & 0x3F));
            for (int k = 1; k < 4; k++)
                text[k] = (byte)((bits >> (8 * k) & 0x3F) | (random.Next(8) == 0 ? 0xC0u : 0x80u));
            int end = random.Next(1, 5);
            bool valid = Rune.DecodeFromUtf8(text.AsSpan(0, end), out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            CharacterClass c = CharacterClasses.Read(ref text[0], 0, end, out int read);
            Assert.Equal(valid ? length : 1, read);
            Assert.Equal(valid ? CharacterClasses.Of(rune.Value) : CharacterClass.None, c);
        }
    }
}
