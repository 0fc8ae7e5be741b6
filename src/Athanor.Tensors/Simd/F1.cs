namespace Athanor.Tensors.Simd;

/// <summary>One fp32 lane: tails of rows, and machines without vector units.</summary>
internal readonly unsafe struct F1(float value) : IVector<F1>
{
    private readonly float _v = value;

    private static uint Bits(float v) => BitConverter.SingleToUInt32Bits(v);
    private static F1 Mask(bool set) => new(BitConverter.UInt32BitsToSingle(set ? uint.MaxValue : 0));

    public static int Lanes => 1;
    public static F1 Zero => default;
    public static F1 Iota => default;
    public static F1 All(float value) => new(value);
    public static F1 Load(float* source) => new(*source);
    public static void Store(float* target, F1 value) => *target = value._v;
    public static void StoreStreaming(float* target, F1 value) => *target = value._v;
    public static F1 LoadBf16(ushort* source) => new(BFloat16.ToSingle(*source));
    public static void StoreBf16(ushort* target, F1 value) => *target = BFloat16.FromSingle(value._v);
    public static void StoreBf16Streaming(ushort* target, F1 value) => StoreBf16(target, value);
    public static void LoadBf16Pair(ushort* source, out F1 even, out F1 odd) => (even, odd) = (LoadBf16(source), LoadBf16(source + 1));

    public static void StoreBf16Pair(ushort* target, F1 even, F1 odd)
    {
        StoreBf16(target, even);
        StoreBf16(target + 1, odd);
    }

    public static void StoreBf16PairStreaming(ushort* target, F1 even, F1 odd) => StoreBf16Pair(target, even, odd);
    public static void Deinterleave(F1 a, F1 b, out F1 even, out F1 odd) => (even, odd) = (a, b);
    public static F1 LoadTwice(float* source) => new(*source);
    public static F1 SwapPairs(F1 a) => a;
    public static F1 LoadInt32(int* source) => new(*source);
    public static F1 LoadUInt8(byte* source) => new(*source);
    public static void StoreUInt8(byte* target, F1 value) => *target = unchecked((byte)(int)value._v);
    public static F1 Lookup8(float* table, F1 index) => new(table[(int)index._v & 7]);
    public static F1 operator +(F1 a, F1 b) => new(a._v + b._v);
    public static F1 operator -(F1 a, F1 b) => new(a._v - b._v);
    public static F1 operator *(F1 a, F1 b) => new(a._v * b._v);
    public static F1 operator /(F1 a, F1 b) => new(a._v / b._v);
    public static F1 operator -(F1 a) => new(-a._v);

    // The same contraction as the wide forms, so that a tail element is computed like its neighbours.
    public static F1 Fma(F1 a, F1 b, F1 c) => new(float.MultiplyAddEstimate(a._v, b._v, c._v));
    public static void AddProduct(ref F1 sum, F1 a, F1 b) => sum = Fma(a, b, sum);
    public static F1 Sqrt(F1 a) => new(MathF.Sqrt(a._v));
    public static F1 ReciprocalFromOne(F1 a) => new(1 / a._v);
    public static F1 ReciprocalCoarse(F1 a) => new(1 / a._v);
    public static F1 Fraction(F1 a) => new(float.IsInfinity(a._v) ? 0 : a._v - MathF.Floor(a._v));
    public static F1 ScaleFloor(F1 a, F1 n) => Scale2(a, Floor(n));
    public static F1 Abs(F1 a) => new(MathF.Abs(a._v));
    public static F1 Max(F1 a, F1 b) => new(MathF.Max(a._v, b._v));
    public static F1 Min(F1 a, F1 b) => new(MathF.Min(a._v, b._v));
    public static F1 MaxNative(F1 a, F1 b) => new(a._v > b._v ? a._v : b._v);
    public static F1 MinNative(F1 a, F1 b) => new(a._v < b._v ? a._v : b._v);
    public static F1 Round(F1 a) => new(MathF.Round(a._v));
    public static F1 Floor(F1 a) => new(MathF.Floor(a._v));

    public static F1 Scale2(F1 a, F1 n) => new(MathF.ScaleB(a._v, float.IsNaN(n._v) ? 0 : (int)Math.Clamp(n._v, -300f, 300f)));

    public static F1 Frexp(F1 a, out F1 exponent)
    {
        uint bits = Bits(a._v);
        exponent = new((int)(bits >> 23) - 127);
        return new(BitConverter.UInt32BitsToSingle((bits & 0x007FFFFF) | 0x3F800000));
    }

    public static F1 Less(F1 a, F1 b) => Mask(a._v < b._v);
    public static F1 LessOrEqual(F1 a, F1 b) => Mask(a._v <= b._v);
    public static F1 Equal(F1 a, F1 b) => Mask(a._v == b._v);
    public static F1 And(F1 a, F1 b) => new(BitConverter.UInt32BitsToSingle(Bits(a._v) & Bits(b._v)));
    public static F1 AndNot(F1 a, F1 mask) => new(BitConverter.UInt32BitsToSingle(Bits(a._v) & ~Bits(mask._v)));
    public static F1 Or(F1 a, F1 b) => new(BitConverter.UInt32BitsToSingle(Bits(a._v) | Bits(b._v)));
    public static F1 Xor(F1 a, F1 b) => new(BitConverter.UInt32BitsToSingle(Bits(a._v) ^ Bits(b._v)));
    public static F1 Select(F1 mask, F1 whenSet, F1 whenClear) => Bits(mask._v) != 0 ? whenSet : whenClear;
    public static float Sum(F1 a) => a._v;
    public static float MaxAcross(F1 a) => a._v;
    public static float MinAcross(F1 a) => a._v;
}
