using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tensors.Simd;

/// <summary>8 fp32 lanes in a <see cref="Vector256{T}"/>.</summary>
internal readonly unsafe struct F256(Vector256<float> value) : IVector<F256>
{
    private readonly Vector256<float> _v = value;

    /// <summary>The register itself, for code that needs instructions beyond <see cref="IVector{V}"/>.</summary>
    public Vector256<float> Value { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => _v; }
    public static int Lanes { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 8; }
    public static F256 Zero { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => new(Vector256<float>.Zero); }
    public static F256 Iota { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => new(Vector256.CreateSequence(0f, 1f)); }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 All(float value) => new(Vector256.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Load(float* source) => new(Vector256.Load(source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(float* target, F256 value) => value._v.Store(target);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreStreaming(float* target, F256 value) => value._v.StoreAlignedNonTemporal(target);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 operator +(F256 a, F256 b) => new(a._v + b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 operator -(F256 a, F256 b) => new(a._v - b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 operator *(F256 a, F256 b) => new(a._v * b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 operator /(F256 a, F256 b) => new(a._v / b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 operator -(F256 a) => new(-a._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Fma(F256 a, F256 b, F256 c) => new(Vector256.MultiplyAddEstimate(a._v, b._v, c._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void AddProduct(ref F256 sum, F256 a, F256 b) => Unsafe.AsRef(in sum._v) = Vector256.MultiplyAddEstimate(a._v, b._v, sum._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Sqrt(F256 a) => new(Vector256.Sqrt(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 ReciprocalFromOne(F256 a) => All(1f) / a;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 ReciprocalCoarse(F256 a) => All(1f) / a;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Fraction(F256 a) => Select(Equal(Abs(a), All(float.PositiveInfinity)), Zero, a - Floor(a));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 ScaleFloor(F256 a, F256 n) => Scale2(a, Floor(n));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Abs(F256 a) => new(Vector256.Abs(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Max(F256 a, F256 b) => new(Vector256.Max(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Min(F256 a, F256 b) => new(Vector256.Min(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 MaxNative(F256 a, F256 b) => new(Vector256.MaxNative(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 MinNative(F256 a, F256 b) => new(Vector256.MinNative(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Round(F256 a) => new(Vector256.Round(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Floor(F256 a) => new(Vector256.Floor(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Less(F256 a, F256 b) => new(Vector256.LessThan(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 LessOrEqual(F256 a, F256 b) => new(Vector256.LessThanOrEqual(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Equal(F256 a, F256 b) => new(Vector256.Equals(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 And(F256 a, F256 b) => new(a._v & b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 AndNot(F256 a, F256 mask) => new(Vector256.AndNot(a._v, mask._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Or(F256 a, F256 b) => new(a._v | b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Xor(F256 a, F256 b) => new(a._v ^ b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 Select(F256 mask, F256 whenSet, F256 whenClear) => new(Vector256.ConditionalSelect(mask._v, whenSet._v, whenClear._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Sum(F256 a) => Vector256.Sum(a._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F256 LoadInt32(int* source) => new(Vector256.ConvertToSingle(Vector256.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 LoadUInt8(byte* source)
    {
        var bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(source)).AsByte();
        if (Avx2.IsSupported)
            return new(Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(bytes)));
        var (low, high) = Vector128.Widen(Vector128.WidenLower(bytes));
        return new(Vector256.ConvertToSingle(Vector256.Create(low, high).AsInt32()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUInt8(byte* target, F256 value)
    {
        var words = Vector256.ConvertToUInt32(value._v);
        var shorts = Vector128.Narrow(words.GetLower(), words.GetUpper());
        Unsafe.WriteUnaligned(target, Vector128.Narrow(shorts, shorts).AsUInt64().ToScalar());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Lookup8(float* table, F256 index) => new(
        Avx2.IsSupported
            ? Avx2.PermuteVar8x32(Vector256.Load(table), Vector256.ConvertToInt32(index._v))
            : Vector256.Create(F128.Lookup8(table, new(index._v.GetLower())).Value, F128.Lookup8(table, new(index._v.GetUpper())).Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Scale2(F256 a, F256 n)
    {
        // Two multiplications by half of n each reach the whole range, subnormals and infinity included.
        var clamped = Vector256.Min(Vector256.Max(n._v, Vector256.Create(-252f)), Vector256.Create(254f));
        var whole = Vector256.ConvertToInt32(clamped);
        var half = whole >> 1;
        var first = ((half + Vector256.Create(127)) << 23).AsSingle();
        var second = ((whole - half + Vector256.Create(127)) << 23).AsSingle();
        return new(a._v * first * second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 LoadBf16(ushort* source)
    {
        if (Avx2.IsSupported)
            return new((Avx2.ConvertToVector256Int32(Vector128.Load(source)) << 16).AsSingle());
        var (low, high) = Vector128.Widen(Vector128.Load(source));
        return new((Vector256.Create(low, high) << 16).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16(ushort* target, F256 value)
    {
        var rounded = RoundToBf16(value._v);
        Vector128.Narrow(rounded.GetLower(), rounded.GetUpper()).Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16Streaming(ushort* target, F256 value)
    {
        var rounded = RoundToBf16(value._v);
        Vector128.Narrow(rounded.GetLower(), rounded.GetUpper()).StoreAlignedNonTemporal(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 LoadTwice(float* source)
    {
        var half = Vector128.Load(source);
        return new(Vector256.Shuffle(Vector256.Create(half, half), Vector256.Create(0, 0, 1, 1, 2, 2, 3, 3)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 SwapPairs(F256 a) => new(Vector256.Shuffle(a._v, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)));

    public static void Deinterleave(F256 a, F256 b, out F256 even, out F256 odd)
    {
        float* lanes = stackalloc float[32];
        Store(lanes, a);
        Store(lanes + 8, b);
        for (int i = 0; i < 8; i++)
            (lanes[16 + i], lanes[24 + i]) = (lanes[2 * i], lanes[2 * i + 1]);
        (even, odd) = (Load(lanes + 16), Load(lanes + 24));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBf16Pair(ushort* source, out F256 even, out F256 odd)
    {
        var words = Vector256.Load((uint*)source);
        even = new((words << 16).AsSingle());
        odd = new((words & Vector256.Create(0xFFFF_0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16Pair(ushort* target, F256 even, F256 odd) => MergeBf16(even._v, odd._v).Store((uint*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16PairStreaming(ushort* target, F256 even, F256 odd) => MergeBf16(even._v, odd._v).StoreAlignedNonTemporal((uint*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> MergeBf16(Vector256<float> even, Vector256<float> odd) =>
        RoundToBf16(even) | (RoundInPlace(odd) & Vector256.Create(0xFFFF_0000u));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(F256 a) => F128.MaxAcross(new(Vector128.Max(a._v.GetLower(), a._v.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MinAcross(F256 a) => F128.MinAcross(new(Vector128.Min(a._v.GetLower(), a._v.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F256 Frexp(F256 a, out F256 exponent)
    {
        var bits = a._v.AsInt32();
        exponent = new(Vector256.ConvertToSingle((bits >>> 23) - Vector256.Create(127)));
        return new(((bits & Vector256.Create(0x007FFFFF)) | Vector256.Create(0x3F800000)).AsSingle());
    }

    /// <summary>fp32 bits to bf16 in the low half of each lane: nearest even, NaN made quiet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RoundToBf16(Vector256<float> v) => RoundInPlace(v) >>> 16;

    /// <summary>The bf16 in the high half of each lane; the low half is left over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RoundInPlace(Vector256<float> v)
    {
        var bits = v.AsUInt32();
        var rounded = bits + Vector256.Create(0x7FFFu) + ((bits >>> 16) & Vector256<uint>.One);
        return Vector256.ConditionalSelect(Vector256.Equals(v, v).AsUInt32(), rounded, bits | Vector256.Create(0x0040_0000u));
    }
}
