using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tensors.Kernels;

/// <summary>Conversions of scales, sixteen rows at once.</summary>
internal static unsafe class SmallScales
{
    /// <summary>Sixteen fp16 as fp32, exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Half(ushort* source)
    {
        Vector512<int> h = Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(Vector256.Load(source))
            : Vector512.Create(Vector256.WidenLower(Vector256.Load(source)), Vector256.WidenUpper(Vector256.Load(source))).AsInt32();
        return Half(h);
    }

    /// <summary>The fp16 at the same place of sixteen rows, as fp32. Four bytes are read at each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void HalfOfRows(byte* first, long rowBytes, float* target)
    {
        Vector256<int> rows = Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7) * (int)rowBytes;
        Vector256<int> low = Avx2.GatherVector256((int*)first, rows, 1) << 16, high = Avx2.GatherVector256((int*)(first + 8 * rowBytes), rows, 1) << 16;
        // Exponents with another bias; but for subnormals, on which multiplications are slow, and infinities.
        Vector256<int> exponents = Vector256.Create(0x7C000000);
        Vector256<int> odd = Vector256.Equals(low & exponents, Vector256<int>.Zero) | Vector256.Equals(high & exponents, Vector256<int>.Zero)
            | Vector256.Equals(low & exponents, exponents) | Vector256.Equals(high & exponents, exponents);
        if (odd != Vector256<int>.Zero)
        {
            Half(Vector512.Create(low, high) >>> 16).Store(target);
            return;
        }
        Vector256<int> kept = Vector256.Create(unchecked((int)0x8FFFE000));
        Vector256<float> factor = Vector256.Create(5.192296858534828e33f);
        (((low >> 3) & kept).AsSingle() * factor).Store(target);
        (((high >> 3) & kept).AsSingle() * factor).Store(target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Half(Vector512<int> h)
    {
        Vector512<int> magnitude = h & Vector512.Create(0x7FFF), sign = (h & Vector512.Create(0x8000)) << 16;
        // The exponent's bias goes from 15 to 127; infinities and NaN get the rest too. Subnormals are integers of 2^-24.
        Vector512<int> normal = (magnitude << 13) + Vector512.Create(112 << 23);
        normal += Vector512.GreaterThan(magnitude, Vector512.Create(0x7BFF)) & Vector512.Create(112 << 23);
        Vector512<int> subnormal = (Vector512.ConvertToSingle(magnitude) * Vector512.Create(1f / (1 << 24))).AsInt32();
        return (Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(0x400)), subnormal, normal) | sign).AsSingle();
    }

    /// <summary>Transposes 16 × 16 bytes in place.</summary>
    /// <param name="room">256 bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(byte* cell, byte* room)
    {
        byte* from = cell;
        for (int stage = 0; stage < 4; stage++)
        {
            // Interleaving rows i and i + 8 four times turns rows into columns.
            for (int i = 0; i < 8; i++)
            {
                Vector128<byte> a = Vector128.Load(from + i * 16), b = Vector128.Load(from + (i + 8) * 16);
                Low(a, b).Store(room + i * 32);
                High(a, b).Store(room + i * 32 + 16);
            }
            byte* old = from;
            from = room;
            room = old;
        }
    }

    /// <summary>Sixteen unsigned bytes as fp32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Bytes(byte* source)
    {
        Vector128<byte> bytes = Vector128.Load(source);
        if (Avx512F.IsSupported)
            return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(bytes));
        Vector128<ushort> low = Vector128.WidenLower(bytes), high = Vector128.WidenUpper(bytes);
        return Vector512.ConvertToSingle(Vector512.Create(
            Vector256.Create(Vector128.WidenLower(low), Vector128.WidenUpper(low)), Vector256.Create(Vector128.WidenLower(high), Vector128.WidenUpper(high))).AsInt32());
    }

    /// <summary>Sixteen signed bytes as fp32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SignedBytes(byte* source)
    {
        Vector128<sbyte> bytes = Vector128.Load((sbyte*)source);
        if (Avx512F.IsSupported)
            return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(bytes));
        Vector128<short> low = Vector128.WidenLower(bytes), high = Vector128.WidenUpper(bytes);
        return Vector512.ConvertToSingle(Vector512.Create(
            Vector256.Create(Vector128.WidenLower(low), Vector128.WidenUpper(low)), Vector256.Create(Vector128.WidenLower(high), Vector128.WidenUpper(high))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Low(Vector128<byte> a, Vector128<byte> b)
    {
        if (Sse2.IsSupported)
            return Sse2.UnpackLow(a, b);
        return (Vector128.WidenLower(a) | Vector128.WidenLower(b) << 8).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> High(Vector128<byte> a, Vector128<byte> b)
    {
        if (Sse2.IsSupported)
            return Sse2.UnpackHigh(a, b);
        return (Vector128.WidenUpper(a) | Vector128.WidenUpper(b) << 8).AsByte();
    }
}
