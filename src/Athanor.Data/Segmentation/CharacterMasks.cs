using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Athanor.Data.Segmentation;

/// <summary>A bit for each UTF-16 code unit of a text: whether it is white space, whether it is something other than an ASCII letter, whether it is beyond ASCII.</summary>
internal sealed class CharacterMasks
{
    private ulong[] _blank = new ulong[64], _other = new ulong[64], _wide = new ulong[64];

    /// <summary>Classifies a text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Set(ReadOnlySpan<char> text)
    {
        // Windows read one word beyond the text's last.
        int words = (text.Length >> 6) + 3;
        if (_blank.Length < words)
        {
            int size = (int)BitOperations.RoundUpToPowerOf2((uint)words);
            (_blank, _other, _wide) = (new ulong[size], new ulong[size], new ulong[size]);
        }
        ref ushort first = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text));
        int at = 0;
        for (; at + 64 <= text.Length; at += 64)
        {
            ulong blank = 0, other = 0, wide = 0;
            for (int part = 0; part < 64; part += 16)
            {
                Vector256<ushort> units = Vector256.LoadUnsafe(ref first, (nuint)(at + part));
                Vector256<ushort> letters = Vector256.LessThanOrEqual((units | Vector256.Create((ushort)0x20)) - Vector256.Create((ushort)'a'), Vector256.Create((ushort)25));
                Vector256<ushort> blanks = Vector256.Equals(units, Vector256.Create((ushort)' ')) | Vector256.LessThanOrEqual(units - Vector256.Create((ushort)9), Vector256.Create((ushort)4))
                    | Vector256.LessThanOrEqual(units - Vector256.Create((ushort)0x1c), Vector256.Create((ushort)3));
                other |= (ulong)(ushort)~letters.ExtractMostSignificantBits() << part;
                blank |= (ulong)blanks.ExtractMostSignificantBits() << part;
                wide |= (ulong)Vector256.GreaterThan(units, Vector256.Create((ushort)127)).ExtractMostSignificantBits() << part;
            }
            if (wide != 0)
                blank |= WideBlanks(text, at, wide);
            (_blank[at >> 6], _other[at >> 6], _wide[at >> 6]) = (blank, other, wide);
        }
        Tail(text, at);
    }

    /// <summary>The next 64 bits from a place on; beyond the text everything is white space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong BlankAt(int at) => Window(_blank, at);

    /// <inheritdoc cref="BlankAt"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong OtherAt(int at) => Window(_other, at);

    /// <inheritdoc cref="BlankAt"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong WideAt(int at) => Window(_wide, at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Window(ulong[] mask, int at)
    {
        int word = at >> 6, bit = at & 63;
        // Two shifts, since one by 64 would be one by 0.
        return mask[word] >> bit | mask[word + 1] << 1 << (63 - bit);
    }

    private void Tail(ReadOnlySpan<char> text, int at)
    {
        int word = at >> 6;
        (_blank[word], _other[word], _wide[word]) = (~0UL << (text.Length - at), ~0UL << (text.Length - at), 0);
        (_blank[word + 1], _other[word + 1], _wide[word + 1]) = (~0UL, ~0UL, 0);
        for (int i = at; i < text.Length; i++)
        {
            ulong bit = 1UL << (i & 63);
            _blank[word] |= CharacterClasses.IsSpace(text[i]) ? bit : 0;
            _other[word] |= char.IsAsciiLetter(text[i]) ? 0 : bit;
            _wide[word] |= text[i] > 127 ? bit : 0;
        }
    }

    private static ulong WideBlanks(ReadOnlySpan<char> text, int at, ulong wide)
    {
        ulong blank = 0;
        for (; wide != 0; wide &= wide - 1)
        {
            int bit = BitOperations.TrailingZeroCount(wide);
            blank |= CharacterClasses.IsSpace(text[at + bit]) ? 1UL << bit : 0;
        }
        return blank;
    }
}
