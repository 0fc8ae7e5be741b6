using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tokenizers.Unicode;

namespace Athanor.Tokenizers.PreTokenizers.Scanners;

/// <summary>
/// Up to 64 ASCII characters behind the start of a piece, as bit masks by class: bit i is the character i behind the start.
/// Rules find all piece starts among them at once by shifts; where a piece starts depends on nothing before it.
/// </summary>
internal readonly ref struct AsciiBlock
{
    // Bits of the table that classifies ASCII; letters of both cases have no common bit.
    private const byte CapitalBit = 1, SmallBit = 2, NumberBit = 4, BlankBit = 8, SpaceBit = 16, NewLineBit = 32, OtherBit = 64, SlashBit = 128;

    private static readonly byte[] Table = BuildTable();

    private readonly Vector512<byte> _classes;
    private readonly Vector512<byte> _text;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private AsciiBlock(Vector512<byte> text, Vector512<byte> classes, int length)
    {
        (_text, _classes, Length) = (text, classes, length);
        Known = length >= 64 ? ulong.MaxValue : (1UL << length) - 1;
    }

    /// <summary>The number of characters: up to the first that is not ASCII.</summary>
    public int Length { get; }

    /// <summary>The bits below <see cref="Length"/>.</summary>
    public ulong Known { get; }

    public ulong Capitals => Mask(CapitalBit);

    public ulong Smalls => Mask(SmallBit);

    public ulong Letters => Capitals | Smalls;

    public ulong Numbers => Mask(NumberBit);

    /// <summary>White space that is no line break.</summary>
    public ulong Blanks => Mask(BlankBit);

    /// <summary>U+0020 alone.</summary>
    public ulong Spaces => Mask(SpaceBit);

    public ulong NewLines => Mask(NewLineBit);

    /// <summary>Neither letter, number nor white space.</summary>
    public ulong Others => Mask(OtherBit);

    public ulong Slashes => Mask(SlashBit);

    public ulong Apostrophes => Vector512.Equals(_text, Vector512.Create((byte)'\'')).ExtractMostSignificantBits() & Known;

    /// <summary>Reads 64 bytes, of which the first <paramref name="most"/> count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AsciiBlock Read(ref byte text, int most)
    {
        Vector512<byte> bytes = Vector512.LoadUnsafe(ref text);
        int length = Math.Min(most, BitOperations.TrailingZeroCount(bytes.ExtractMostSignificantBits()));
        return new AsciiBlock(bytes, Classify(bytes, ref text), length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Classify(Vector512<byte> bytes, ref byte text)
    {
        ref byte table = ref MemoryMarshal.GetArrayDataReference(Table);
        // One instruction looks all 64 up in 128 bytes.
        if (Avx512Vbmi.IsSupported)
            return Avx512Vbmi.PermuteVar64x8x2(Vector512.LoadUnsafe(ref table), bytes, Vector512.LoadUnsafe(ref table, 64));
        return ClassifySlowly(ref text, ref table);
    }

    private static unsafe Vector512<byte> ClassifySlowly(ref byte text, ref byte table)
    {
        byte* classes = stackalloc byte[64];
        for (int i = 0; i < 64; i++)
            classes[i] = Unsafe.Add(ref table, Unsafe.Add(ref text, i) & 127);
        return Vector512.Load(classes);
    }

    /// <summary>The characters of a class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Mask(byte bit) =>
        Vector512.ShiftLeft(_classes.AsUInt16(), BitOperations.LeadingZeroCount((uint)bit) - 24).AsByte().ExtractMostSignificantBits() & Known;

    private static byte[] BuildTable()
    {
        var table = new byte[128];
        for (int value = 0; value < 128; value++)
        {
            CharacterClass c = CharacterClasses.Classify(value);
            table[value] = c.HasFlag(CharacterClass.Upper) ? CapitalBit
                : c.HasFlag(CharacterClass.Lower) ? SmallBit
                : c.HasFlag(CharacterClass.Number) ? NumberBit
                : c.HasFlag(CharacterClass.NewLine) ? NewLineBit
                : value == ' ' ? (byte)(BlankBit | SpaceBit)
                : c.HasFlag(CharacterClass.Space) ? BlankBit
                : value == '/' ? (byte)(OtherBit | SlashBit)
                : OtherBit;
        }
        return table;
    }
}
