using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>
/// The minima of datatrove's and datasketch's signatures: for each pair (a, b), the least ((x·a + b) mod 2^64) mod (2^61 − 1) over all shingles x, where asked for cut to
/// 32 bits. The product wraps before the modulus is taken, as it does in NumPy; the signatures of FineWeb and SlimPajama are made so.
/// </summary>
internal static class MersenneMinima
{
    public const ulong Modulus = (1UL << 61) - 1;

    /// <summary>Lowers <paramref name="minima"/>; the arrays are equally long.</summary>
    /// <param name="shingles">At least one.</param>
    /// <param name="a">Factors.</param>
    /// <param name="b">Summands.</param>
    /// <param name="minima">What is lowered.</param>
    /// <param name="low32">Whether residues are cut to their lower 32 bits.</param>
    /// <param name="width">Lanes at a time: 8, 4, 2 or 1; 0 for what the machine is best at.</param>
    public static void Update(ReadOnlySpan<ulong> shingles, ulong[] a, ulong[] b, ulong[] minima, bool low32, int width = 0)
    {
        if (shingles.IsEmpty)
            return;
        int lanes = width > 0 ? width : Vector512.IsHardwareAccelerated ? 8 : Vector256.IsHardwareAccelerated ? 4 : Vector128.IsHardwareAccelerated ? 2 : 1;
        int done = lanes switch
        {
            8 => low32 ? Cut<Width512, Vector512<ulong>>(shingles, a, b, minima, 0) : Whole<Width512, Vector512<ulong>>(shingles, a, b, minima, 0),
            4 => low32 ? Cut<Width256, Vector256<ulong>>(shingles, a, b, minima, 0) : Whole<Width256, Vector256<ulong>>(shingles, a, b, minima, 0),
            2 => low32 ? Cut<Width128, Vector128<ulong>>(shingles, a, b, minima, 0) : Whole<Width128, Vector128<ulong>>(shingles, a, b, minima, 0),
            _ => 0,
        };
        if (low32)
            Cut<Width64, ulong>(shingles, a, b, minima, done);
        else
            Whole<Width64, ulong>(shingles, a, b, minima, done);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep<TWidth, T>(T value, ref ulong minimum) where TWidth : struct, IWidth64<T> => TWidth.Store(TWidth.Min(value, TWidth.Load(ref minimum)), ref minimum);

    /// <summary>Seven vectors of minima at a time stay in registers while the shingles pass: 14 bands of 8 are twice seven of 512 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Whole<TWidth, T>(ReadOnlySpan<ulong> shingles, ulong[] a, ulong[] b, ulong[] minima, int from) where TWidth : struct, IWidth64<T>
    {
        T modulus = TWidth.All(Modulus);
        int lanes = TWidth.Lanes, at = from;
        for (; at + 7 * lanes <= minima.Length; at += 7 * lanes)
        {
            T a0 = TWidth.Load(ref a[at]), a1 = TWidth.Load(ref a[at + lanes]), a2 = TWidth.Load(ref a[at + 2 * lanes]), a3 = TWidth.Load(ref a[at + 3 * lanes]),
                a4 = TWidth.Load(ref a[at + 4 * lanes]), a5 = TWidth.Load(ref a[at + 5 * lanes]), a6 = TWidth.Load(ref a[at + 6 * lanes]);
            T b0 = TWidth.Load(ref b[at]), b1 = TWidth.Load(ref b[at + lanes]), b2 = TWidth.Load(ref b[at + 2 * lanes]), b3 = TWidth.Load(ref b[at + 3 * lanes]),
                b4 = TWidth.Load(ref b[at + 4 * lanes]), b5 = TWidth.Load(ref b[at + 5 * lanes]), b6 = TWidth.Load(ref b[at + 6 * lanes]);
            T m0 = TWidth.All(ulong.MaxValue), m1 = m0, m2 = m0, m3 = m0, m4 = m0, m5 = m0, m6 = m0;
            foreach (ulong shingle in shingles)
            {
                T x = TWidth.All(shingle);
                m0 = TWidth.Min(m0, TWidth.Shifted(TWidth.MultiplyAdd(x, a0, b0), modulus));
                m1 = TWidth.Min(m1, TWidth.Shifted(TWidth.MultiplyAdd(x, a1, b1), modulus));
                m2 = TWidth.Min(m2, TWidth.Shifted(TWidth.MultiplyAdd(x, a2, b2), modulus));
                m3 = TWidth.Min(m3, TWidth.Shifted(TWidth.MultiplyAdd(x, a3, b3), modulus));
                m4 = TWidth.Min(m4, TWidth.Shifted(TWidth.MultiplyAdd(x, a4, b4), modulus));
                m5 = TWidth.Min(m5, TWidth.Shifted(TWidth.MultiplyAdd(x, a5, b5), modulus));
                m6 = TWidth.Min(m6, TWidth.Shifted(TWidth.MultiplyAdd(x, a6, b6), modulus));
            }
            Keep<TWidth, T>(TWidth.Unshift(m0, modulus), ref minima[at]);
            Keep<TWidth, T>(TWidth.Unshift(m1, modulus), ref minima[at + lanes]);
            Keep<TWidth, T>(TWidth.Unshift(m2, modulus), ref minima[at + 2 * lanes]);
            Keep<TWidth, T>(TWidth.Unshift(m3, modulus), ref minima[at + 3 * lanes]);
            Keep<TWidth, T>(TWidth.Unshift(m4, modulus), ref minima[at + 4 * lanes]);
            Keep<TWidth, T>(TWidth.Unshift(m5, modulus), ref minima[at + 5 * lanes]);
            Keep<TWidth, T>(TWidth.Unshift(m6, modulus), ref minima[at + 6 * lanes]);
        }
        for (; at + lanes <= minima.Length; at += lanes)
        {
            T a0 = TWidth.Load(ref a[at]), b0 = TWidth.Load(ref b[at]), m0 = TWidth.All(ulong.MaxValue);
            foreach (ulong shingle in shingles)
            {
                T x = TWidth.All(shingle);
                m0 = TWidth.Min(m0, TWidth.Shifted(TWidth.MultiplyAdd(x, a0, b0), modulus));
            }
            Keep<TWidth, T>(TWidth.Unshift(m0, modulus), ref minima[at]);
        }
        return at;
    }

    /// <summary>The same for residues that are cut.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Cut<TWidth, T>(ReadOnlySpan<ulong> shingles, ulong[] a, ulong[] b, ulong[] minima, int from) where TWidth : struct, IWidth64<T>
    {
        T modulus = TWidth.All(Modulus), mask = TWidth.All(uint.MaxValue);
        int lanes = TWidth.Lanes, at = from;
        for (; at + 7 * lanes <= minima.Length; at += 7 * lanes)
        {
            T a0 = TWidth.Load(ref a[at]), a1 = TWidth.Load(ref a[at + lanes]), a2 = TWidth.Load(ref a[at + 2 * lanes]), a3 = TWidth.Load(ref a[at + 3 * lanes]),
                a4 = TWidth.Load(ref a[at + 4 * lanes]), a5 = TWidth.Load(ref a[at + 5 * lanes]), a6 = TWidth.Load(ref a[at + 6 * lanes]);
            T b0 = TWidth.Load(ref b[at]), b1 = TWidth.Load(ref b[at + lanes]), b2 = TWidth.Load(ref b[at + 2 * lanes]), b3 = TWidth.Load(ref b[at + 3 * lanes]),
                b4 = TWidth.Load(ref b[at + 4 * lanes]), b5 = TWidth.Load(ref b[at + 5 * lanes]), b6 = TWidth.Load(ref b[at + 6 * lanes]);
            T m0 = TWidth.Load(ref minima[at]), m1 = TWidth.Load(ref minima[at + lanes]), m2 = TWidth.Load(ref minima[at + 2 * lanes]), m3 = TWidth.Load(ref minima[at + 3 * lanes]),
                m4 = TWidth.Load(ref minima[at + 4 * lanes]), m5 = TWidth.Load(ref minima[at + 5 * lanes]), m6 = TWidth.Load(ref minima[at + 6 * lanes]);
            foreach (ulong shingle in shingles)
            {
                T x = TWidth.All(shingle);
                m0 = TWidth.Min(m0, TWidth.And(mask, TWidth.Residue(TWidth.MultiplyAdd(x, a0, b0), modulus)));
                m1 = TWidth.Min(m1, TWidth.And(mask, TWidth.Residue(TWidth.MultiplyAdd(x, a1, b1), modulus)));
                m2 = TWidth.Min(m2, TWidth.And(mask, TWidth.Residue(TWidth.MultiplyAdd(x, a2, b2), modulus)));
                m3 = TWidth.Min(m3, TWidth.And(mask, TWidth.Residue(TWidth.MultiplyAdd(x, a3, b3), modulus)));
                m4 = TWidth.Min(m4, TWidth.And(mask, TWidth.Residue(TWidth.MultiplyAdd(x, a4, b4), modulus)));
                m5 = TWidth.Min(m5, TWidth.And(mask, TWidth.Residue(TWidth.MultiplyAdd(x, a5, b5), modulus)));
                m6 = TWidth.Min(m6, TWidth.And(mask, TWidth.Residue(TWidth.MultiplyAdd(x, a6, b6), modulus)));
            }
            TWidth.Store(m0, ref minima[at]);
            TWidth.Store(m1, ref minima[at + lanes]);
            TWidth.Store(m2, ref minima[at + 2 * lanes]);
            TWidth.Store(m3, ref minima[at + 3 * lanes]);
            TWidth.Store(m4, ref minima[at + 4 * lanes]);
            TWidth.Store(m5, ref minima[at + 5 * lanes]);
            TWidth.Store(m6, ref minima[at + 6 * lanes]);
        }
        for (; at + lanes <= minima.Length; at += lanes)
        {
            T a0 = TWidth.Load(ref a[at]), b0 = TWidth.Load(ref b[at]), m0 = TWidth.Load(ref minima[at]);
            foreach (ulong shingle in shingles)
            {
                T x = TWidth.All(shingle);
                m0 = TWidth.Min(m0, TWidth.And(mask, TWidth.Residue(TWidth.MultiplyAdd(x, a0, b0), modulus)));
            }
            TWidth.Store(m0, ref minima[at]);
        }
        return at;
    }
}
