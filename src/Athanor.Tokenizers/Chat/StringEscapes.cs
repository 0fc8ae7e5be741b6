using System.Globalization;
using System.Text;

namespace Athanor.Tokenizers.Chat;

/// <summary>The escapes of Python's string literals, as Jinja reads them (unicode-escape).</summary>
internal static class StringEscapes
{
    public static string Unescape(ReadOnlySpan<char> body, SourcePosition at)
    {
        if (body.IndexOf('\\') < 0)
            return body.ToString();
        var text = new StringBuilder(body.Length);
        for (int i = 0; i < body.Length; i++)
        {
            if (body[i] != '\\' || i + 1 == body.Length)
            {
                text.Append(body[i]);
                continue;
            }
            char c = body[++i];
            switch (c)
            {
                case '\n': break;
                case '\\' or '\'' or '"': text.Append(c); break;
                case 'a': text.Append('\a'); break;
                case 'b': text.Append('\b'); break;
                case 'f': text.Append('\f'); break;
                case 'n': text.Append('\n'); break;
                case 'r': text.Append('\r'); break;
                case 't': text.Append('\t'); break;
                case 'v': text.Append('\v'); break;
                case 'x': i += Hex(body, i, 2, text, at); break;
                case 'u': i += Hex(body, i, 4, text, at); break;
                case 'U': i += Hex(body, i, 8, text, at); break;
                case 'N': throw new ChatTemplateException("characters by name (\\N{...}) are not supported; write the character or \\uXXXX.", at);
                case >= '0' and <= '7':
                    int value = 0, digits = 0;
                    while (digits < 3 && i < body.Length && body[i] is >= '0' and <= '7')
                    {
                        value = value * 8 + (body[i++] - '0');
                        digits++;
                    }
                    i--;
                    text.Append((char)value);
                    break;
                case > '\x7f':
                    // Jinja writes such a character as an escape before it reads the escapes, whose own backslash then pairs with this one.
                    int rune = char.IsHighSurrogate(c) && i + 1 < body.Length && char.IsLowSurrogate(body[i + 1]) ? char.ConvertToUtf32(c, body[++i]) : c;
                    text.Append('\\').Append(rune > 0xffff ? $"U{rune:x8}" : rune > 0xff ? $"u{rune:x4}" : $"x{rune:x2}");
                    break;
                default: text.Append('\\').Append(c); break;
            }
        }
        return text.ToString();
    }

    private static int Hex(ReadOnlySpan<char> body, int letter, int digits, StringBuilder text, SourcePosition at)
    {
        if (letter + 1 + digits > body.Length
            || !uint.TryParse(body.Slice(letter + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value))
            throw new ChatTemplateException($"expected {digits} hexadecimal digits after '\\{body[letter]}' in this string.", at);
        if (value > 0x10ffff)
            throw new ChatTemplateException($"'\\{body[letter]}{value:x}' is beyond the last character, 10ffff.", at);
        if (value > 0xffff)
            text.Append(char.ConvertFromUtf32((int)value));
        else
            text.Append((char)value);
        return digits;
    }
}
