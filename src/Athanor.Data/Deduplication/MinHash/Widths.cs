using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>What the kernels of signatures ask of a vector of 64-bit lanes. Every width gives the same bits.</summary>
internal interface IWidth64<T>
{
    static abstract int Lanes { get; }
    static abstract T Load(ref ulong at);
    static abstract void Store(T value, ref ulong at);
    static abstract T All(ulong value);

    /// <summary>x·a + b modulo 2^64.</summary>
    static abstract T MultiplyAdd(T x, T a, T b);

    /// <summary>x modulo 2^61 − 1: the bits above 61 are added to those below, and what is too big by one modulus is made small.</summary>
    static abstract T Residue(T x, T modulus);

    /// <summary>The residue less the modulus, modulo 2^64: in the order of residues but that the few sums not below the modulus, whose residues are least, stay least. Two operations fewer.</summary>
    static abstract T Shifted(T x, T modulus);

    /// <summary>The residue of what <see cref="Shifted"/> gave.</summary>
    static abstract T Unshift(T x, T modulus);
    static abstract T And(T x, T y);
    static abstract T Min(T x, T y);
}

internal readonly struct Width512 : IWidth64<Vector512<ulong>>
{
    public static int Lanes => 8;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<ulong> Load(ref ulong at) => Vector512.LoadUnsafe(ref at);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Vector512<ulong> value, ref ulong at) => value.StoreUnsafe(ref at);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<ulong> All(ulong value) => Vector512.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<ulong> MultiplyAdd(Vector512<ulong> x, Vector512<ulong> a, Vector512<ulong> b) => x * a + b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Residue(Vector512<ulong> x, Vector512<ulong> modulus)
    {
        Vector512<ulong> sum = (x & modulus) + (x >>> 61);
        return Vector512.Min(sum, sum - modulus);
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<ulong> Shifted(Vector512<ulong> x, Vector512<ulong> modulus) => (x >>> 61) - Vector512.AndNot(modulus, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<ulong> Unshift(Vector512<ulong> x, Vector512<ulong> modulus) => Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(8UL)), x, x + modulus);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<ulong> And(Vector512<ulong> x, Vector512<ulong> y) => x & y;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<ulong> Min(Vector512<ulong> x, Vector512<ulong> y) => Vector512.Min(x, y);
}

internal readonly struct Width256 : IWidth64<Vector256<ulong>>
{
    public static int Lanes => 4;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<ulong> Load(ref ulong at) => Vector256.LoadUnsafe(ref at);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Vector256<ulong> value, ref ulong at) => value.StoreUnsafe(ref at);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<ulong> All(ulong value) => Vector256.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<ulong> MultiplyAdd(Vector256<ulong> x, Vector256<ulong> a, Vector256<ulong> b) => x * a + b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Residue(Vector256<ulong> x, Vector256<ulong> modulus)
    {
        Vector256<ulong> sum = (x & modulus) + (x >>> 61);
        return Vector256.Min(sum, sum - modulus);
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<ulong> Shifted(Vector256<ulong> x, Vector256<ulong> modulus) => (x >>> 61) - Vector256.AndNot(modulus, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<ulong> Unshift(Vector256<ulong> x, Vector256<ulong> modulus) => Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(8UL)), x, x + modulus);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<ulong> And(Vector256<ulong> x, Vector256<ulong> y) => x & y;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<ulong> Min(Vector256<ulong> x, Vector256<ulong> y) => Vector256.Min(x, y);
}

internal readonly struct Width128 : IWidth64<Vector128<ulong>>
{
    public static int Lanes => 2;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<ulong> Load(ref ulong at) => Vector128.LoadUnsafe(ref at);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Vector128<ulong> value, ref ulong at) => value.StoreUnsafe(ref at);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<ulong> All(ulong value) => Vector128.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<ulong> MultiplyAdd(Vector128<ulong> x, Vector128<ulong> a, Vector128<ulong> b) => x * a + b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Residue(Vector128<ulong> x, Vector128<ulong> modulus)
    {
        Vector128<ulong> sum = (x & modulus) + (x >>> 61);
        return Vector128.Min(sum, sum - modulus);
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<ulong> Shifted(Vector128<ulong> x, Vector128<ulong> modulus) => (x >>> 61) - Vector128.AndNot(modulus, x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<ulong> Unshift(Vector128<ulong> x, Vector128<ulong> modulus) => Vector128.ConditionalSelect(Vector128.LessThan(x, Vector128.Create(8UL)), x, x + modulus);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<ulong> And(Vector128<ulong> x, Vector128<ulong> y) => x & y;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<ulong> Min(Vector128<ulong> x, Vector128<ulong> y) => Vector128.Min(x, y);
}

internal readonly struct Width64 : IWidth64<ulong>
{
    public static int Lanes => 1;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static ulong Load(ref ulong at) => at;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(ulong value, ref ulong at) => at = value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static ulong All(ulong value) => value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static ulong MultiplyAdd(ulong x, ulong a, ulong b) => x * a + b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Residue(ulong x, ulong modulus)
    {
        ulong sum = (x & modulus) + (x >> 61);
        return Math.Min(sum, sum - modulus);
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static ulong Shifted(ulong x, ulong modulus) => (x >> 61) - (modulus & ~x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static ulong Unshift(ulong x, ulong modulus) => x < 8 ? x : x + modulus;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static ulong And(ulong x, ulong y) => x & y;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static ulong Min(ulong x, ulong y) => Math.Min(x, y);
}
