using System.Text;

namespace Athanor.Tokenizers;

/// <summary>
/// The alphabet in which GPT-2's files write bytes as printable characters: 33-126, 161-172 and 174-255 stand for themselves,
/// the other 68 bytes in ascending order for U+0100 and up.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly ushort[] _utf8 = new ushort[256];   // the two-byte form, low byte first; one byte when the high byte is 0
    private static readonly short[] _bytes = new short[0x144];

    static ByteAlphabet()
    {
        Array.Fill(_bytes, (short)-1);
        int next = 0x100;
        for (int value = 0; value < 256; value++)
        {
            bool printable = value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174;
            int character = printable ? value : next++;
            _bytes[character] = (short)value;
            _utf8[value] = character < 0x80
                ? (ushort)character
                : (ushort)(0xC0 | character >> 6 | (0x80 | character & 0x3F) << 8);
        }
    }

    /// <summary>Writes the character of a byte as UTF-8 to <paramref name="to"/> (2 bytes of room) and gives its length.</summary>
    public static int Write(byte value, Span<byte> to)
    {
        ushort character = _utf8[value];
        to[0] = (byte)character;
        if (character <= 0xFF)
            return 1;
        to[1] = (byte)(character >> 8);
        return 2;
    }

    /// <summary>The byte that a character stands for, or -1.</summary>
    public static int ByteOf(int character) => (uint)character < (uint)_bytes.Length ? _bytes[character] : -1;

    /// <summary>Bytes in the alphabet, as UTF-8.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> bytes)
    {
        byte[] result = new byte[2 * bytes.Length];
        int length = 0;
        foreach (byte value in bytes)
            length += Write(value, result.AsSpan(length));
        Array.Resize(ref result, length);
        return result;
    }

    /// <summary>The bytes that a text in the alphabet stands for; <see langword="false"/> where one of its characters is not in it.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> bytes, out int length)
    {
        length = 0;
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out Rune rune, out int consumed) != System.Buffers.OperationStatus.Done)
                return false;
            int value = ByteOf(rune.Value);
            if (value < 0)
                return false;
            bytes[length++] = (byte)value;
            text = text[consumed..];
        }
        return true;
    }
}
