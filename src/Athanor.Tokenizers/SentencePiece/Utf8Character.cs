using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.SentencePiece;

/// <summary>Decodes one character of UTF-8; a byte that is in no well-formed character counts as a character of its own.</summary>
internal static class Utf8Character
{
    /// <summary>The code point of a byte that is in no well-formed character.</summary>
    public const int Invalid = -1;

    /// <summary>The number of bytes of the character at <paramref name="at"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Decode(ReadOnlySpan<byte> text, int at, out int codePoint)
    {
        byte first = Unsafe.Add(ref MemoryMarshal.GetReference(text), at);
        if (first < 0x80)
        {
            codePoint = first;
            return 1;
        }
        return DecodeLong(text[at..], out codePoint);
    }

    private static int DecodeLong(ReadOnlySpan<byte> text, out int codePoint)
    {
        int first = text[0];
        if (first >= 0xC2 && first < 0xE0 && text.Length >= 2 && IsTail(text[1]))
        {
            codePoint = ((first & 0x1F) << 6) | (text[1] & 0x3F);
            return 2;
        }
        if (first is >= 0xE0 and < 0xF0 && text.Length >= 3 && IsTail(text[1]) && IsTail(text[2]))
        {
            codePoint = ((first & 0x0F) << 12) | ((text[1] & 0x3F) << 6) | (text[2] & 0x3F);
            if (codePoint >= 0x800 && codePoint is < 0xD800 or > 0xDFFF)
                return 3;
        }
        else if (first is >= 0xF0 and < 0xF5 && text.Length >= 4 && IsTail(text[1]) && IsTail(text[2]) && IsTail(text[3]))
        {
            codePoint = ((first & 0x07) << 18) | ((text[1] & 0x3F) << 12) | ((text[2] & 0x3F) << 6) | (text[3] & 0x3F);
            if (codePoint is >= 0x10000 and <= 0x10FFFF)
                return 4;
        }
        codePoint = Invalid;
        return 1;
    }

    private static bool IsTail(byte value) => (value & 0xC0) == 0x80;
}
