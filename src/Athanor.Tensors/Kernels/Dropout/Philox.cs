using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): four random words from a 128-bit counter and a
/// 64-bit key. Any element can be computed alone, so a mask needs no storage and no order.
/// </summary>
/// <remarks>
/// Layout of a stream over elements: block b of 64 elements uses counters 16b … 16b + 15 (low half of the 128 bits; the high half is
/// the stream number); word w of counter 16b + l is element 64b + 16w + l. Registers of up to 16 lanes then hold neighbours.
/// </remarks>
internal static class Philox
{
    /// <summary>Elements of one block of a stream.</summary>
    public const int Block = 64;
    private const uint M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;
    private const float Unit = 1f / (1 << 24);

    /// <summary>The generator itself: replaces the counter words by random words.</summary>
    public static void Generate(ref uint c0, ref uint c1, ref uint c2, ref uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)M0 * c0, p1 = (ulong)M1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += W0;
            k1 += W1;
        }
    }

    /// <summary>The four words of one counter of a stream.</summary>
    public static void Words(ulong seed, ulong stream, ulong counter, out uint w0, out uint w1, out uint w2, out uint w3)
    {
        (w0, w1, w2, w3) = ((uint)counter, (uint)(counter >> 32), (uint)stream, (uint)(stream >> 32));
        Generate(ref w0, ref w1, ref w2, ref w3, (uint)seed, (uint)(seed >> 32));
    }

    /// <summary>A word as a number in [0, 1): its upper 24 bits, exact in fp32.</summary>
    public static float Uniform(uint word) => (word >> 8) * Unit;

    /// <summary>
    /// Numbers in [0, 1) from counters <paramref name="counter"/> … + V.Lanes − 1, one register per word. Counter is a multiple of V.Lanes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Uniform<V>(ulong seed, ulong stream, ulong counter, out V u0, out V u1, out V u2, out V u3) where V : unmanaged, IVector<V>
    {
        // Two sets of 64-bit lanes, even and odd counters: a 32×32-bit multiplication then leaves both halves of the product
        // in its lane, and the sets interleave into one register of words at the end.
        if (typeof(V) == typeof(F512))
        {
            var even = Vector512.Create((ulong)(uint)counter) + Vector512.Create(0ul, 2, 4, 6, 8, 10, 12, 14);
            Rounds512(seed, stream, counter, even, out var e0, out var e1, out var e2, out var e3);
            Rounds512(seed, stream, counter, even + Vector512<ulong>.One, out var o0, out var o1, out var o2, out var o3);
            u0 = Unsafe.BitCast<F512, V>(Merge512(e0, o0));
            u1 = Unsafe.BitCast<F512, V>(Merge512(e1, o1));
            u2 = Unsafe.BitCast<F512, V>(Merge512(e2, o2));
            u3 = Unsafe.BitCast<F512, V>(Merge512(e3, o3));
        }
        else if (typeof(V) == typeof(F256))
        {
            var even = Vector256.Create((ulong)(uint)counter) + Vector256.Create(0ul, 2, 4, 6);
            Rounds256(seed, stream, counter, even, out var e0, out var e1, out var e2, out var e3);
            Rounds256(seed, stream, counter, even + Vector256<ulong>.One, out var o0, out var o1, out var o2, out var o3);
            u0 = Unsafe.BitCast<F256, V>(Merge256(e0, o0));
            u1 = Unsafe.BitCast<F256, V>(Merge256(e1, o1));
            u2 = Unsafe.BitCast<F256, V>(Merge256(e2, o2));
            u3 = Unsafe.BitCast<F256, V>(Merge256(e3, o3));
        }
        else if (typeof(V) == typeof(F128))
        {
            var even = Vector128.Create((ulong)(uint)counter) + Vector128.Create(0ul, 2);
            Rounds128(seed, stream, counter, even, out var e0, out var e1, out var e2, out var e3);
            Rounds128(seed, stream, counter, even + Vector128<ulong>.One, out var o0, out var o1, out var o2, out var o3);
            u0 = Unsafe.BitCast<F128, V>(Merge128(e0, o0));
            u1 = Unsafe.BitCast<F128, V>(Merge128(e1, o1));
            u2 = Unsafe.BitCast<F128, V>(Merge128(e2, o2));
            u3 = Unsafe.BitCast<F128, V>(Merge128(e3, o3));
        }
        else
        {
            Words(seed, stream, counter, out uint w0, out uint w1, out uint w2, out uint w3);
            u0 = V.All(Uniform(w0));
            u1 = V.All(Uniform(w1));
            u2 = V.All(Uniform(w2));
            u3 = V.All(Uniform(w3));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F512 Merge512(Vector512<ulong> even, Vector512<ulong> odd)
    {
        var words = (even & Vector512.Create(0xFFFFFFFFul)) | (odd << 32);
        return new(Vector512.ConvertToSingle((words.AsUInt32() >>> 8).AsInt32()) * Vector512.Create(Unit));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F256 Merge256(Vector256<ulong> even, Vector256<ulong> odd)
    {
        var words = (even & Vector256.Create(0xFFFFFFFFul)) | (odd << 32);
        return new(Vector256.ConvertToSingle((words.AsUInt32() >>> 8).AsInt32()) * Vector256.Create(Unit));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F128 Merge128(Vector128<ulong> even, Vector128<ulong> odd)
    {
        var words = (even & Vector128.Create(0xFFFFFFFFul)) | (odd << 32);
        return new(Vector128.ConvertToSingle((words.AsUInt32() >>> 8).AsInt32()) * Vector128.Create(Unit));
    }

    // The upper halves of the lanes carry leftovers of products: multiplication ignores them and Merge drops them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rounds512(ulong seed, ulong stream, ulong counter, Vector512<ulong> low,
        out Vector512<ulong> c0, out Vector512<ulong> c1, out Vector512<ulong> c2, out Vector512<ulong> c3)
    {
        (c0, c1, c2, c3) = (low, Vector512.Create(counter >> 32), Vector512.Create(stream & uint.MaxValue), Vector512.Create(stream >> 32));
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            var p0 = Avx512F.IsSupported ? Avx512F.Multiply(c0.AsUInt32(), Vector512.Create((ulong)M0).AsUInt32()) : (c0 & Vector512.Create(0xFFFFFFFFul)) * Vector512.Create((ulong)M0);
            var p1 = Avx512F.IsSupported ? Avx512F.Multiply(c2.AsUInt32(), Vector512.Create((ulong)M1).AsUInt32()) : (c2 & Vector512.Create(0xFFFFFFFFul)) * Vector512.Create((ulong)M1);
            c0 = (p1 >>> 32) ^ c1 ^ Vector512.Create((ulong)k0);
            c1 = p1;
            c2 = (p0 >>> 32) ^ c3 ^ Vector512.Create((ulong)k1);
            c3 = p0;
            k0 += W0;
            k1 += W1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rounds256(ulong seed, ulong stream, ulong counter, Vector256<ulong> low,
        out Vector256<ulong> c0, out Vector256<ulong> c1, out Vector256<ulong> c2, out Vector256<ulong> c3)
    {
        (c0, c1, c2, c3) = (low, Vector256.Create(counter >> 32), Vector256.Create(stream & uint.MaxValue), Vector256.Create(stream >> 32));
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            var p0 = Avx2.IsSupported ? Avx2.Multiply(c0.AsUInt32(), Vector256.Create((ulong)M0).AsUInt32()) : (c0 & Vector256.Create(0xFFFFFFFFul)) * Vector256.Create((ulong)M0);
            var p1 = Avx2.IsSupported ? Avx2.Multiply(c2.AsUInt32(), Vector256.Create((ulong)M1).AsUInt32()) : (c2 & Vector256.Create(0xFFFFFFFFul)) * Vector256.Create((ulong)M1);
            c0 = (p1 >>> 32) ^ c1 ^ Vector256.Create((ulong)k0);
            c1 = p1;
            c2 = (p0 >>> 32) ^ c3 ^ Vector256.Create((ulong)k1);
            c3 = p0;
            k0 += W0;
            k1 += W1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rounds128(ulong seed, ulong stream, ulong counter, Vector128<ulong> low,
        out Vector128<ulong> c0, out Vector128<ulong> c1, out Vector128<ulong> c2, out Vector128<ulong> c3)
    {
        (c0, c1, c2, c3) = (low, Vector128.Create(counter >> 32), Vector128.Create(stream & uint.MaxValue), Vector128.Create(stream >> 32));
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            var p0 = Sse2.IsSupported ? Sse2.Multiply(c0.AsUInt32(), Vector128.Create((ulong)M0).AsUInt32()) : (c0 & Vector128.Create(0xFFFFFFFFul)) * Vector128.Create((ulong)M0);
            var p1 = Sse2.IsSupported ? Sse2.Multiply(c2.AsUInt32(), Vector128.Create((ulong)M1).AsUInt32()) : (c2 & Vector128.Create(0xFFFFFFFFul)) * Vector128.Create((ulong)M1);
            c0 = (p1 >>> 32) ^ c1 ^ Vector128.Create((ulong)k0);
            c1 = p1;
            c2 = (p0 >>> 32) ^ c3 ^ Vector128.Create((ulong)k1);
            c3 = p0;
            k0 += W0;
            k1 += W1;
        }
    }
}
