using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Athanor.Tensors.Simd;

/// <summary>16 fp32 lanes in a <see cref="Vector512{T}"/>.</summary>
internal readonly unsafe struct F512(Vector512<float> value) : IVector<F512>
{
    private readonly Vector512<float> _v = value;

    /// <summary>The register itself, for code that needs instructions beyond <see cref="IVector{V}"/>.</summary>
    public Vector512<float> Value { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => _v; }
    public static int Lanes { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 16; }
    public static F512 Zero { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => new(Vector512<float>.Zero); }
    public static F512 Iota { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => new(Vector512.CreateSequence(0f, 1f)); }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 All(float value) => new(Vector512.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Load(float* source) => new(Vector512.Load(source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(float* target, F512 value) => value._v.Store(target);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreStreaming(float* target, F512 value) => value._v.StoreAlignedNonTemporal(target);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 operator +(F512 a, F512 b) => new(a._v + b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 operator -(F512 a, F512 b) => new(a._v - b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 operator *(F512 a, F512 b) => new(a._v * b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 operator /(F512 a, F512 b) => new(a._v / b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 operator -(F512 a) => new(-a._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Fma(F512 a, F512 b, F512 c) => new(Vector512.MultiplyAddEstimate(a._v, b._v, c._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void AddProduct(ref F512 sum, F512 a, F512 b) => Unsafe.AsRef(in sum._v) = Vector512.MultiplyAddEstimate(a._v, b._v, sum._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Sqrt(F512 a) => new(Vector512.Sqrt(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Abs(F512 a) => new(Vector512.Abs(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Max(F512 a, F512 b) => new(Vector512.Max(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Min(F512 a, F512 b) => new(Vector512.Min(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 MaxNative(F512 a, F512 b) => new(Vector512.MaxNative(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 MinNative(F512 a, F512 b) => new(Vector512.MinNative(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Round(F512 a) => new(Vector512.Round(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Floor(F512 a) => new(Vector512.Floor(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Less(F512 a, F512 b) => new(Vector512.LessThan(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 LessOrEqual(F512 a, F512 b) => new(Vector512.LessThanOrEqual(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Equal(F512 a, F512 b) => new(Vector512.Equals(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 And(F512 a, F512 b) => new(a._v & b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 AndNot(F512 a, F512 mask) => new(Vector512.AndNot(a._v, mask._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Or(F512 a, F512 b) => new(a._v | b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Xor(F512 a, F512 b) => new(a._v ^ b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Select(F512 mask, F512 whenSet, F512 whenClear) => new(Vector512.ConditionalSelect(mask._v, whenSet._v, whenClear._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Sum(F512 a) => Vector512.Sum(a._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 LoadInt32(int* source) => new(Vector512.ConvertToSingle(Vector512.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 LoadUInt8(byte* source) => Avx512F.IsSupported
        ? new(Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source))))
        : new(Vector512.Create(F256.LoadUInt8(source).Value, F256.LoadUInt8(source + 8).Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUInt8(byte* target, F512 value)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.ConvertToVector128Byte(Avx512F.ConvertToVector512UInt32(value._v)).Store(target);
            return;
        }
        F256.StoreUInt8(target, new(value._v.GetLower()));
        F256.StoreUInt8(target + 8, new(value._v.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Lookup8(float* table, F512 index)
    {
        if (Avx512F.IsSupported)
            return new(Avx512F.PermuteVar16x32(Vector512.Load(table), Avx512F.ConvertToVector512Int32(index._v)));
        return new(Vector512.Create(F256.Lookup8(table, new(index._v.GetLower())).Value, F256.Lookup8(table, new(index._v.GetUpper())).Value));
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Scale2(F512 a, F512 n) => new(Avx512F.IsSupported ? Avx512F.Scale(a._v, n._v) : ScaleByHalves(a._v, n._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ScaleByHalves(Vector512<float> a, Vector512<float> n) =>
        Vector512.Create(F256.Scale2(new(a.GetLower()), new(n.GetLower())).Value, F256.Scale2(new(a.GetUpper()), new(n.GetUpper())).Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 LoadBf16(ushort* source)
    {
        var half = Vector256.Load(source);
        var (low, high) = Vector256.Widen(half);
        var wide = Avx512F.IsSupported ? Avx512F.ConvertToVector512UInt32(half) : Vector512.Create(low, high);
        return new((wide << 16).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16(ushort* target, F512 value)
    {
        var rounded = RoundToBf16(value._v);
        (Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(rounded) : Vector256.Narrow(rounded.GetLower(), rounded.GetUpper())).Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 ReciprocalCoarse(F512 a) => new(Avx512F.IsSupported ? Avx512F.Reciprocal14(a._v) : Vector512<float>.One / a._v);

    // Reduce with control 1 subtracts the floor; scalef takes the floor of its exponent itself.
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 Fraction(F512 a) => Avx512DQ.IsSupported ? new(Avx512DQ.Reduce(a._v, 1)) : Select(Equal(Abs(a), All(float.PositiveInfinity)), Zero, a - Floor(a));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F512 ScaleFloor(F512 a, F512 n) => Avx512F.IsSupported ? new(Avx512F.Scale(a._v, n._v)) : Scale2(a, Floor(n));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 ReciprocalFromOne(F512 a)
    {
        if (!Avx512F.IsSupported)
            return new(Vector512<float>.One / a._v);
        // One Newton step on 14 bits. Infinity makes the error term NaN; the maximum turns it into −1 and the result into 0.
        var estimate = Avx512F.Reciprocal14(a._v);
        var error = Avx512F.Max(Avx512F.FusedMultiplyAddNegated(a._v, estimate, Vector512<float>.One), Vector512.Create(-1f));
        return new(Avx512F.FusedMultiplyAdd(estimate, error, estimate));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16Streaming(ushort* target, F512 value)
    {
        var rounded = RoundToBf16(value._v);
        (Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(rounded) : Vector256.Narrow(rounded.GetLower(), rounded.GetUpper())).StoreAlignedNonTemporal(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 LoadTwice(float* source)
    {
        var half = Vector256.Load(source);
        return new(Vector512.Shuffle(Vector512.Create(half, half), Vector512.Create(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 SwapPairs(F512 a) => new(Vector512.Shuffle(a._v, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Deinterleave(F512 a, F512 b, out F512 even, out F512 odd)
    {
        if (Avx512F.IsSupported)
        {
            even = new(Avx512F.PermuteVar16x32x2(a._v, Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), b._v));
            odd = new(Avx512F.PermuteVar16x32x2(a._v, Vector512.Create(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), b._v));
            return;
        }
        DeinterleaveByLanes(a, b, out even, out odd);
    }

    // Apart, because a method with stack memory is not inlined.
    private static void DeinterleaveByLanes(F512 a, F512 b, out F512 even, out F512 odd)
    {
        float* lanes = stackalloc float[64];
        Store(lanes, a);
        Store(lanes + 16, b);
        for (int i = 0; i < 16; i++)
            (lanes[32 + i], lanes[48 + i]) = (lanes[2 * i], lanes[2 * i + 1]);
        (even, odd) = (Load(lanes + 32), Load(lanes + 48));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBf16Pair(ushort* source, out F512 even, out F512 odd)
    {
        var words = Vector512.Load((uint*)source);
        even = new((words << 16).AsSingle());
        odd = new((words & Vector512.Create(0xFFFF_0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16Pair(ushort* target, F512 even, F512 odd) => MergeBf16(even._v, odd._v).Store((uint*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16PairStreaming(ushort* target, F512 even, F512 odd) => MergeBf16(even._v, odd._v).StoreAlignedNonTemporal((uint*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> MergeBf16(Vector512<float> even, Vector512<float> odd) =>
        RoundToBf16(even) | (RoundInPlace(odd) & Vector512.Create(0xFFFF_0000u));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(F512 a) => F256.MaxAcross(new(Vector256.Max(a._v.GetLower(), a._v.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MinAcross(F512 a) => F256.MinAcross(new(Vector256.Min(a._v.GetLower(), a._v.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F512 Frexp(F512 a, out F512 exponent)
    {
        var bits = a._v.AsInt32();
        exponent = new(Vector512.ConvertToSingle((bits >>> 23) - Vector512.Create(127)));
        return new(((bits & Vector512.Create(0x007FFFFF)) | Vector512.Create(0x3F800000)).AsSingle());
    }

    /// <summary>fp32 bits to bf16 in the low half of each lane: nearest even, NaN made quiet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundToBf16(Vector512<float> v) => RoundInPlace(v) >>> 16;

    /// <summary>The bf16 in the high half of each lane; the low half is left over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundInPlace(Vector512<float> v)
    {
        if (Avx512F.IsSupported)
        {
            // One instruction gives every NaN the bits of the standard one, which no carry turns into a number.
            const int StandardForBothKindsOfNaN = 0x33;
            var clean = Avx512F.Fixup(v, v, Vector512.Create(StandardForBothKindsOfNaN), 0).AsUInt32();
            return clean + Vector512.Create(0x7FFFu) + ((clean >>> 16) & Vector512<uint>.One);
        }
        var bits = v.AsUInt32();
        var rounded = bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One);
        return Vector512.ConditionalSelect(Vector512.Equals(v, v).AsUInt32(), rounded, bits | Vector512.Create(0x0040_0000u));
    }
}
