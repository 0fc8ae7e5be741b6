using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Athanor.Tensors.Simd;

/// <summary>4 fp32 lanes in a <see cref="Vector128{T}"/>.</summary>
internal readonly unsafe struct F128(Vector128<float> value) : IVector<F128>
{
    private readonly Vector128<float> _v = value;

    /// <summary>The register itself, for code that needs instructions beyond <see cref="IVector{V}"/>.</summary>
    public Vector128<float> Value { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => _v; }
    public static int Lanes { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 4; }
    public static F128 Zero { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => new(Vector128<float>.Zero); }
    public static F128 Iota { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => new(Vector128.CreateSequence(0f, 1f)); }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 All(float value) => new(Vector128.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Load(float* source) => new(Vector128.Load(source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(float* target, F128 value) => value._v.Store(target);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreStreaming(float* target, F128 value) => value._v.StoreAlignedNonTemporal(target);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 operator +(F128 a, F128 b) => new(a._v + b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 operator -(F128 a, F128 b) => new(a._v - b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 operator *(F128 a, F128 b) => new(a._v * b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 operator /(F128 a, F128 b) => new(a._v / b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 operator -(F128 a) => new(-a._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Fma(F128 a, F128 b, F128 c) => new(Vector128.MultiplyAddEstimate(a._v, b._v, c._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void AddProduct(ref F128 sum, F128 a, F128 b) => Unsafe.AsRef(in sum._v) = Vector128.MultiplyAddEstimate(a._v, b._v, sum._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Sqrt(F128 a) => new(Vector128.Sqrt(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 ReciprocalFromOne(F128 a) => All(1f) / a;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 ReciprocalCoarse(F128 a) => All(1f) / a;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Fraction(F128 a) => Select(Equal(Abs(a), All(float.PositiveInfinity)), Zero, a - Floor(a));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 ScaleFloor(F128 a, F128 n) => Scale2(a, Floor(n));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Abs(F128 a) => new(Vector128.Abs(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Max(F128 a, F128 b) => new(Vector128.Max(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Min(F128 a, F128 b) => new(Vector128.Min(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 MaxNative(F128 a, F128 b) => new(Vector128.MaxNative(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 MinNative(F128 a, F128 b) => new(Vector128.MinNative(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Round(F128 a) => new(Vector128.Round(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Floor(F128 a) => new(Vector128.Floor(a._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Less(F128 a, F128 b) => new(Vector128.LessThan(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 LessOrEqual(F128 a, F128 b) => new(Vector128.LessThanOrEqual(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Equal(F128 a, F128 b) => new(Vector128.Equals(a._v, b._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 And(F128 a, F128 b) => new(a._v & b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 AndNot(F128 a, F128 mask) => new(Vector128.AndNot(a._v, mask._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Or(F128 a, F128 b) => new(a._v | b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Xor(F128 a, F128 b) => new(a._v ^ b._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 Select(F128 mask, F128 whenSet, F128 whenClear) => new(Vector128.ConditionalSelect(mask._v, whenSet._v, whenClear._v));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Sum(F128 a) => Vector128.Sum(a._v);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 LoadInt32(int* source) => new(Vector128.ConvertToSingle(Vector128.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 LoadUInt8(byte* source)
    {
        var bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(source)).AsByte();
        return new(Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUInt8(byte* target, F128 value)
    {
        var words = Vector128.ConvertToUInt32(value._v);
        var shorts = Vector128.Narrow(words, words);
        Unsafe.WriteUnaligned(target, Vector128.Narrow(shorts, shorts).AsUInt32().ToScalar());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Lookup8(float* table, F128 index)
    {
        var i = Vector128.ConvertToInt32(index._v) & Vector128.Create(7);
        return new(Vector128.Create(table[i[0]], table[i[1]], table[i[2]], table[i[3]]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Scale2(F128 a, F128 n)
    {
        // Two multiplications by half of n each reach the whole range, subnormals and infinity included.
        var clamped = Vector128.Min(Vector128.Max(n._v, Vector128.Create(-252f)), Vector128.Create(254f));
        var whole = Vector128.ConvertToInt32(clamped);
        var half = whole >> 1;
        var first = ((half + Vector128.Create(127)) << 23).AsSingle();
        var second = ((whole - half + Vector128.Create(127)) << 23).AsSingle();
        return new(a._v * first * second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static F128 LoadBf16(ushort* source) => new((Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe()) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16(ushort* target, F128 value)
    {
        var rounded = RoundToBf16(value._v);
        Vector128.Narrow(rounded, rounded).GetLower().Store(target);
    }

    // Eight bytes have no streaming store; this width serves machines where it would not pay.
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreBf16Streaming(ushort* target, F128 value) => StoreBf16(target, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 LoadTwice(float* source) => new(Vector128.Shuffle(Vector64.Load(source).ToVector128Unsafe(), Vector128.Create(0, 0, 1, 1)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 SwapPairs(F128 a) => new(Vector128.Shuffle(a._v, Vector128.Create(1, 0, 3, 2)));

    public static void Deinterleave(F128 a, F128 b, out F128 even, out F128 odd)
    {
        float* lanes = stackalloc float[16];
        Store(lanes, a);
        Store(lanes + 4, b);
        for (int i = 0; i < 4; i++)
            (lanes[8 + i], lanes[12 + i]) = (lanes[2 * i], lanes[2 * i + 1]);
        (even, odd) = (Load(lanes + 8), Load(lanes + 12));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBf16Pair(ushort* source, out F128 even, out F128 odd)
    {
        var words = Vector128.Load((uint*)source);
        even = new((words << 16).AsSingle());
        odd = new((words & Vector128.Create(0xFFFF_0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16Pair(ushort* target, F128 even, F128 odd) => MergeBf16(even._v, odd._v).Store((uint*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16PairStreaming(ushort* target, F128 even, F128 odd) => MergeBf16(even._v, odd._v).StoreAlignedNonTemporal((uint*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> MergeBf16(Vector128<float> even, Vector128<float> odd) =>
        RoundToBf16(even) | (RoundInPlace(odd) & Vector128.Create(0xFFFF_0000u));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(F128 a) => MathF.Max(MathF.Max(a._v[0], a._v[1]), MathF.Max(a._v[2], a._v[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MinAcross(F128 a) => MathF.Min(MathF.Min(a._v[0], a._v[1]), MathF.Min(a._v[2], a._v[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F128 Frexp(F128 a, out F128 exponent)
    {
        var bits = a._v.AsInt32();
        exponent = new(Vector128.ConvertToSingle((bits >>> 23) - Vector128.Create(127)));
        return new(((bits & Vector128.Create(0x007FFFFF)) | Vector128.Create(0x3F800000)).AsSingle());
    }

    /// <summary>fp32 bits to bf16 in the low half of each lane: nearest even, NaN made quiet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> RoundToBf16(Vector128<float> v) => RoundInPlace(v) >>> 16;

    /// <summary>The bf16 in the high half of each lane; the low half is left over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> RoundInPlace(Vector128<float> v)
    {
        var bits = v.AsUInt32();
        var rounded = bits + Vector128.Create(0x7FFFu) + ((bits >>> 16) & Vector128<uint>.One);
        return Vector128.ConditionalSelect(Vector128.Equals(v, v).AsUInt32(), rounded, bits | Vector128.Create(0x0040_0000u));
    }
}
