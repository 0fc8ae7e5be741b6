using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
        for (; at + CharacterBlock.Size <= text.Length; at += CharacterBlock.Size)
        {
            CharacterBlock block = CharacterBlock.Read(ref Unsafe.Add(ref first, at));
            (_blank[at >> 6], _other[at >> 6], _wide[at >> 6]) = (block.Blank, block.Other, block.Wide);
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
}
