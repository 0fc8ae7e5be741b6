using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Athanor.Data.Deduplication.MinHash;

/// <summary>
/// The minima of our own signatures: for each pair (a odd, b), the least (x·a + b) mod 2^32 over all shingles x. Each pair permutes the 32-bit numbers, the shingles are
/// hashes already, and 16 permutations fit a vector: a third of the work of a product modulo 2^61 − 1 in 64 bits.
/// </summary>
internal static class ShortMinima
{
    private const int Unroll = 7;

    /// <summary>Lowers <paramref name="minima"/>; the arrays are equally long.</summary>
    /// <param name="width">Lanes of 32 bits at a time: 16, 8, 4 or 1; 0 for what the machine is best at.</param>
    public static void Update(ReadOnlySpan<uint> shingles, uint[] a, uint[] b, uint[] minima, int width = 0)
    {
        int lanes = width > 0 ? width : Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : Vector128.IsHardwareAccelerated ? 4 : 1;
        int done = lanes switch
        {
            16 => Run512(shingles, a, b, minima),
            8 => Run256(shingles, a, b, minima),
            4 => Run128(shingles, a, b, minima),
            _ => 0,
        };
        for (int at = done; at < minima.Length; at++)
        {
            uint least = minima[at];
            foreach (uint shingle in shingles)
                least = Math.Min(least, shingle * a[at] + b[at]);
            minima[at] = least;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Run512(ReadOnlySpan<uint> shingles, uint[] a, uint[] b, uint[] minima)
    {
        int at = 0;
        for (; at + Unroll * 16 <= minima.Length; at += Unroll * 16)
        {
            Vector512<uint> a0 = Vector512.LoadUnsafe(ref a[at]), a1 = Vector512.LoadUnsafe(ref a[at + 16]), a2 = Vector512.LoadUnsafe(ref a[at + 32]), a3 = Vector512.LoadUnsafe(ref a[at + 48]),
                a4 = Vector512.LoadUnsafe(ref a[at + 64]), a5 = Vector512.LoadUnsafe(ref a[at + 80]), a6 = Vector512.LoadUnsafe(ref a[at + 96]);
            Vector512<uint> b0 = Vector512.LoadUnsafe(ref b[at]), b1 = Vector512.LoadUnsafe(ref b[at + 16]), b2 = Vector512.LoadUnsafe(ref b[at + 32]), b3 = Vector512.LoadUnsafe(ref b[at + 48]),
                b4 = Vector512.LoadUnsafe(ref b[at + 64]), b5 = Vector512.LoadUnsafe(ref b[at + 80]), b6 = Vector512.LoadUnsafe(ref b[at + 96]);
            Vector512<uint> m0 = Vector512.LoadUnsafe(ref minima[at]), m1 = Vector512.LoadUnsafe(ref minima[at + 16]), m2 = Vector512.LoadUnsafe(ref minima[at + 32]), m3 = Vector512.LoadUnsafe(ref minima[at + 48]),
                m4 = Vector512.LoadUnsafe(ref minima[at + 64]), m5 = Vector512.LoadUnsafe(ref minima[at + 80]), m6 = Vector512.LoadUnsafe(ref minima[at + 96]);
            foreach (uint shingle in shingles)
            {
                Vector512<uint> x = Vector512.Create(shingle);
                m0 = Vector512.Min(m0, x * a0 + b0);
                m1 = Vector512.Min(m1, x * a1 + b1);
                m2 = Vector512.Min(m2, x * a2 + b2);
                m3 = Vector512.Min(m3, x * a3 + b3);
                m4 = Vector512.Min(m4, x * a4 + b4);
                m5 = Vector512.Min(m5, x * a5 + b5);
                m6 = Vector512.Min(m6, x * a6 + b6);
            }
            m0.StoreUnsafe(ref minima[at]);
            m1.StoreUnsafe(ref minima[at + 16]);
            m2.StoreUnsafe(ref minima[at + 32]);
            m3.StoreUnsafe(ref minima[at + 48]);
            m4.StoreUnsafe(ref minima[at + 64]);
            m5.StoreUnsafe(ref minima[at + 80]);
            m6.StoreUnsafe(ref minima[at + 96]);
        }
        for (; at + 16 <= minima.Length; at += 16)
        {
            Vector512<uint> a0 = Vector512.LoadUnsafe(ref a[at]), b0 = Vector512.LoadUnsafe(ref b[at]), m0 = Vector512.LoadUnsafe(ref minima[at]);
            foreach (uint shingle in shingles)
                m0 = Vector512.Min(m0, Vector512.Create(shingle) * a0 + b0);
            m0.StoreUnsafe(ref minima[at]);
        }
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Run256(ReadOnlySpan<uint> shingles, uint[] a, uint[] b, uint[] minima)
    {
        int at = 0;
        for (; at + 8 <= minima.Length; at += 8)
        {
            Vector256<uint> a0 = Vector256.LoadUnsafe(ref a[at]), b0 = Vector256.LoadUnsafe(ref b[at]), m0 = Vector256.LoadUnsafe(ref minima[at]);
            foreach (uint shingle in shingles)
                m0 = Vector256.Min(m0, Vector256.Create(shingle) * a0 + b0);
            m0.StoreUnsafe(ref minima[at]);
        }
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Run128(ReadOnlySpan<uint> shingles, uint[] a, uint[] b, uint[] minima)
    {
        int at = 0;
        for (; at + 4 <= minima.Length; at += 4)
        {
            Vector128<uint> a0 = Vector128.LoadUnsafe(ref a[at]), b0 = Vector128.LoadUnsafe(ref b[at]), m0 = Vector128.LoadUnsafe(ref minima[at]);
            foreach (uint shingle in shingles)
                m0 = Vector128.Min(m0, Vector128.Create(shingle) * a0 + b0);
            m0.StoreUnsafe(ref minima[at]);
        }
        return at;
    }
}
