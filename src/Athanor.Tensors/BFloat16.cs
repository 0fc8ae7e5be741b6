using System.Runtime.CompilerServices;

namespace Athanor.Tensors;

/// <summary>Conversions between fp32 and bf16 (the upper half of an fp32; stored as <see cref="ushort"/>).</summary>
public static class BFloat16
{
    /// <summary>Widens a bf16 pattern; exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Rounds to the nearest bf16, ties to even; NaN becomes a quiet NaN, overflow becomes infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FromSingle(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if ((bits & 0x7FFFFFFF) > 0x7F800000)
            return (ushort)((bits | 0x0040_0000) >> 16);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
