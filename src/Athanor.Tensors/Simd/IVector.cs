using System.Numerics;

namespace Athanor.Tensors.Simd;

/// <summary>
/// A register of <see cref="Lanes"/> fp32 numbers. Kernels are written once over this interface and instantiated for
/// 16, 8, 4 and 1 lanes; the JIT specialises each and inlines everything, so the code is what one would write by hand
/// for that width. The one-lane form serves tails and machines without vector units.
/// </summary>
/// <remarks>Comparison results are lane masks (all bits set or none) carried in the same type.</remarks>
internal unsafe interface IVector<V> :
    IAdditionOperators<V, V, V>, ISubtractionOperators<V, V, V>, IMultiplyOperators<V, V, V>, IDivisionOperators<V, V, V>,
    IUnaryNegationOperators<V, V>
    where V : unmanaged, IVector<V>
{
    static abstract int Lanes { get; }
    static abstract V Zero { get; }
    static abstract V All(float value);
    static abstract V Load(float* source);
    static abstract void Store(float* target, V value);

    /// <summary>Stores past the caches; <paramref name="target"/> must be aligned to the register.</summary>
    static abstract void StoreStreaming(float* target, V value);

    /// <summary>Widens bf16 to fp32, exact.</summary>
    static abstract V LoadBf16(ushort* source);

    /// <summary>Rounds to bf16, nearest even; NaN stays NaN.</summary>
    static abstract void StoreBf16(ushort* target, V value);

    /// <summary>As <see cref="StoreBf16"/>, past the caches; <paramref name="target"/> must be aligned to half the register.</summary>
    static abstract void StoreBf16Streaming(ushort* target, V value);

    /// <summary>
    /// 2·Lanes numbers as two registers, those at even and those at odd places: halves of 32-bit words, so that widening is one
    /// shift or mask each and no lane moves. For work that treats all elements alike.
    /// </summary>
    static abstract void LoadBf16Pair(ushort* source, out V even, out V odd);

    /// <summary>The reverse of <see cref="LoadBf16Pair"/>, rounding to nearest even.</summary>
    static abstract void StoreBf16Pair(ushort* target, V even, V odd);

    /// <summary>As <see cref="StoreBf16Pair"/>, past the caches; <paramref name="target"/> must be aligned to the register.</summary>
    static abstract void StoreBf16PairStreaming(ushort* target, V even, V odd);

    /// <summary>Lanes / 2 numbers, each in two neighbouring lanes; one lane loads one number.</summary>
    static abstract V LoadTwice(float* source);

    /// <summary>Of 2·Lanes numbers in two registers those at even and those at odd places.</summary>
    static abstract void Deinterleave(V a, V b, out V even, out V odd);

    /// <summary>Exchanges lanes 0 and 1, 2 and 3, …; one lane stays as it is.</summary>
    static abstract V SwapPairs(V a);

    /// <summary>Converts 32-bit integers to fp32.</summary>
    static abstract V LoadInt32(int* source);

    /// <summary>Converts unsigned bytes to fp32.</summary>
    static abstract V LoadUInt8(byte* source);

    /// <summary>Stores integral lanes 0 … 255 as bytes; the byte of any other lane is unspecified.</summary>
    static abstract void StoreUInt8(byte* target, V value);

    /// <summary>
    /// table[index] for integral lanes 0 … 7 of <paramref name="index"/>; other lanes give an unspecified entry. The table is 16 long, its
    /// second half a copy of the first, so that the widest register takes it in one load.
    /// </summary>
    static abstract V Lookup8(float* table, V index);

    /// <summary>a·b + c, rounded once where the machine can.</summary>
    static abstract V Fma(V a, V b, V c);

    /// <summary>sum = a·b + sum, as <see cref="Fma"/>. For long chains: the JIT sees which variable is updated and copies no registers.</summary>
    static abstract void AddProduct(ref V sum, V a, V b);
    static abstract V Sqrt(V a);

    /// <summary>1/a for a ≥ 1, infinity and NaN included, within 1 ulp: faster than a division where the machine has an estimate.</summary>
    static abstract V ReciprocalFromOne(V a);

    /// <summary>1/a for a ≥ 1, infinity and NaN included, within 2^-14: enough for results that are rounded to bf16.</summary>
    static abstract V ReciprocalCoarse(V a);

    /// <summary>a − ⌊a⌋; 0 for infinities.</summary>
    static abstract V Fraction(V a);

    /// <summary>a·2^⌊n⌋; overflows to infinity and underflows to zero cleanly, infinite n included.</summary>
    static abstract V ScaleFloor(V a, V n);
    static abstract V Abs(V a);

    /// <summary>Largest of two; NaN in either gives NaN.</summary>
    static abstract V Max(V a, V b);
    static abstract V Min(V a, V b);

    /// <summary>Largest of two as the machine does it: with a NaN the second operand. For code that has handled NaN elsewhere.</summary>
    static abstract V MaxNative(V a, V b);
    static abstract V MinNative(V a, V b);

    /// <summary>Nearest integer, ties to even.</summary>
    static abstract V Round(V a);
    static abstract V Floor(V a);

    /// <summary>a·2^n for integral n; overflows to infinity and underflows to zero cleanly.</summary>
    static abstract V Scale2(V a, V n);

    /// <summary>Splits a positive normal number: returns the mantissa in [1, 2) and its binary exponent.</summary>
    static abstract V Frexp(V a, out V exponent);
    static abstract V Less(V a, V b);
    static abstract V LessOrEqual(V a, V b);
    static abstract V Equal(V a, V b);
    static abstract V And(V a, V b);
    static abstract V AndNot(V a, V mask);
    static abstract V Or(V a, V b);
    static abstract V Xor(V a, V b);
    static abstract V Select(V mask, V whenSet, V whenClear);

    /// <summary>0, 1, 2, … in lane order.</summary>
    static abstract V Iota { get; }

    /// <summary>Sum over the lanes, in a fixed order.</summary>
    static abstract float Sum(V a);
    static abstract float MaxAcross(V a);
    static abstract float MinAcross(V a);
}
