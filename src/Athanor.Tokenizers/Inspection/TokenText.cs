using System.Buffers;
using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers.Inspection;

/// <summary>Token bytes as a line of readable text that loses nothing.</summary>
public static class TokenText
{
    /// <summary>
    /// Letters and signs as they are; a space as <c>␣</c>; line ends, tabs and backslashes as C# escapes; other controls, marks that would combine with
    /// what stands before them and private characters as <c>\u{HEX}</c>; bytes that are not UTF-8 as <c>\xHH</c>.
    /// </summary>
    public static string Show(ReadOnlySpan<byte> token)
    {
        var text = new StringBuilder(token.Length);
        while (!token.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(token, out Rune rune, out int length) != OperationStatus.Done)
            {
                for (int i = 0; i < length; i++)
                    text.Append(CultureInfo.InvariantCulture, $"\\x{token[i]:X2}");
            }
            else
            {
                Append(text, rune);
            }
            token = token[length..];
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, Rune rune)
    {
        switch (rune.Value)
        {
            case ' ': text.Append('␣'); return;
            case '\n': text.Append("\\n"); return;
            case '\r': text.Append("\\r"); return;
            case '\t': text.Append("\\t"); return;
            case '\\': text.Append("\\\\"); return;
        }
        bool leading = text.Length == 0;
        switch (Rune.GetUnicodeCategory(rune))
        {
            case UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark when !leading:
                text.Append(rune.ToString());
                break;
            case UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark:
            case UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned:
            case UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator:
                text.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X4}}}");
                break;
            default:
                text.Append(rune.ToString());
                break;
        }
    }
}
