using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.Unicode;

/// <summary>
/// The class of every code point in two stages: blocks of 64 code points (one UTF-8 continuation byte), equal blocks shared.
/// Built once from the runtime's Unicode tables, which invariant mode keeps.
/// </summary>
internal static class CharacterClasses
{
    private const int BlockSize = 64;

    private static readonly ushort[] BlockOf = new ushort[0x110000 / BlockSize];
    private static readonly byte[] Blocks = Build(BlockOf);
    private static readonly byte[] FirstByte = BuildFirstByte();

    /// <summary>The class of an ASCII byte, <see cref="CharacterClass.MultiByte"/> for any other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterClass OfFirstByte(byte value) => (CharacterClass)Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(FirstByte), value);

    /// <summary>The class of a code point in [0, 0x10FFFF].</summary>
    public static CharacterClass Of(int codePoint) => (CharacterClass)Blocks[BlockOf[codePoint >> 6] * BlockSize + (codePoint & 63)];

    /// <summary>The class and the number of bytes of the character at <paramref name="at"/>; a byte that starts no valid UTF-8 is a character of no class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterClass Read(ref byte text, int at, int end, out int length)
    {
        CharacterClass first = OfFirstByte(Unsafe.Add(ref text, at));
        length = 1;
        return first < CharacterClass.MultiByte ? first : ReadMultiByte(ref text, at, end, out length);
    }

    /// <summary>As <see cref="Read"/>, for a byte that is not ASCII.</summary>
    public static CharacterClass ReadMultiByte(ref byte text, int at, int end, out int length)
    {
        ref byte p = ref Unsafe.Add(ref text, at);
        uint lead = p;
        int room = end - at;
        length = 1;
        if (lead < 0xE0)
        {
            if (room < 2 || lead < 0xC2)
                return CharacterClass.None;
            uint second = Unsafe.Add(ref p, 1) ^ 0x80u;
            if (second > 63)
                return CharacterClass.None;
            length = 2;
            return Lookup(lead & 31, second);
        }
        if (lead < 0xF0)
        {
            if (room < 3)
                return CharacterClass.None;
            uint second = Unsafe.Add(ref p, 1) ^ 0x80u, third = Unsafe.Add(ref p, 2) ^ 0x80u;
            uint block = ((lead & 15) << 6) | second;
            // Overlong forms and surrogates are not UTF-8.
            if ((second | third) > 63 || block < 0x20 || block - 0x360 < 0x20)
                return CharacterClass.None;
            length = 3;
            return Lookup(block, third);
        }
        if (room < 4 || lead > 0xF4)
            return CharacterClass.None;
        uint b1 = Unsafe.Add(ref p, 1) ^ 0x80u, b2 = Unsafe.Add(ref p, 2) ^ 0x80u, b3 = Unsafe.Add(ref p, 3) ^ 0x80u;
        uint astral = ((lead & 7) << 12) | (b1 << 6) | b2;
        if ((b1 | b2 | b3) > 63 || astral - 0x400 >= 0x4000)
            return CharacterClass.None;
        length = 4;
        return Lookup(astral, b3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static CharacterClass Lookup(uint block, uint low) => (CharacterClass)Unsafe.Add(
        ref MemoryMarshal.GetArrayDataReference(Blocks), Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(BlockOf), block) * BlockSize + (int)low);

    private static byte[] Build(ushort[] blockOf)
    {
        var blocks = new List<byte>();
        var known = new Dictionary<byte[], ushort>(ByteStringComparer.Instance);
        var block = new byte[BlockSize];
        for (int index = 0; index < blockOf.Length; index++)
        {
            // Planes 4 to 13 are unassigned and 15 and 16 private: their characters have no class, and asking for each would be most of the time.
            int plane = index >> 10;
            bool assigned = plane is < 4 or 14;
            for (int i = 0; i < BlockSize; i++)
                block[i] = assigned ? (byte)Classify(index * BlockSize + i) : (byte)0;
            if (!known.TryGetValue(block, out ushort number))
            {
                number = (ushort)known.Count;
                known.Add([.. block], number);
                blocks.AddRange(block);
            }
            blockOf[index] = number;
        }
        return [.. blocks];
    }

    private static byte[] BuildFirstByte()
    {
        var table = new byte[256];
        for (int value = 0; value < 256; value++)
            table[value] = value < 128 ? (byte)Classify(value) : (byte)CharacterClass.MultiByte;
        return table;
    }

    /// <summary>The class by the runtime's tables.</summary>
    internal static CharacterClass Classify(int codePoint) => codePoint switch
    {
        '\n' or '\r' => CharacterClass.Space | CharacterClass.NewLine,
        '\t' or '\v' or '\f' or 0x85 => CharacterClass.Space,
        _ => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharacterClass.Letter | CharacterClass.Upper,
            UnicodeCategory.LowercaseLetter => CharacterClass.Letter | CharacterClass.Lower,
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter | CharacterClass.Upper | CharacterClass.Lower,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => CharacterClass.Upper | CharacterClass.Lower,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => CharacterClass.Space,
            _ => CharacterClass.None,
        },
    };
}
