using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Athanor.Tensors.Safetensors;

/// <summary>Conversions of stored elements to fp32 and from fp32 to bf16. Sources need no alignment: headers of any length are legal.</summary>
internal static class ElementConversion
{
    /// <summary>Converts the little-endian elements in <paramref name="source"/>.</summary>
    public static void ToSingles(SafetensorsType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        switch (type)
        {
            case SafetensorsType.F32: source.CopyTo(MemoryMarshal.AsBytes(target)); break;
            case SafetensorsType.BF16: FromBf16(source, target); break;
            case SafetensorsType.F16: FromHalf(source, target); break;
            case SafetensorsType.F64:
                for (int i = 0; i < target.Length; i++)
                    target[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..]);
                break;
            default: throw new NotSupportedException($"{type} is not converted.");
        }
    }

    /// <summary>Rounds to bf16, nearest even.</summary>
    public static void ToBf16(ReadOnlySpan<float> source, Span<ushort> target)
    {
        for (int i = 0; i < source.Length; i++)
            target[i] = BFloat16.FromSingle(source[i]);
    }

    private static void FromBf16(ReadOnlySpan<byte> source, Span<float> target)
    {
        int i = 0;
        for (; i + 8 <= target.Length; i += 8)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(source.Slice(2 * i, 16)).AsUInt16());
            (Vector256.Create(low, high) << 16).AsSingle().CopyTo(target[i..]);
        }
        for (; i < target.Length; i++)
            target[i] = BFloat16.ToSingle(BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]));
    }

    private static void FromHalf(ReadOnlySpan<byte> source, Span<float> target)
    {
        int i = 0;
        for (; i + 8 <= target.Length; i += 8)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(source.Slice(2 * i, 16)).AsUInt16());
            Widen(Vector256.Create(low, high)).CopyTo(target[i..]);
        }
        for (; i < target.Length; i++)
            target[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(source[(2 * i)..]);
    }

    /// <summary>
    /// fp16 bits in 32-bit lanes to fp32: the exponent and mantissa moved into place are the number times 2^-112, subnormals included; the exponent
    /// of infinity and NaN is set by hand.
    /// </summary>
    private static Vector256<float> Widen(Vector256<uint> half)
    {
        var magnitude = (half & Vector256.Create(0x7FFFu)) << 13;
        var finite = (magnitude.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsUInt32();
        var special = magnitude | Vector256.Create(0x7F800000u);
        var isSpecial = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x0F800000u));
        return (Vector256.ConditionalSelect(isSpecial, special, finite) | ((half & Vector256.Create(0x8000u)) << 16)).AsSingle();
    }
}
