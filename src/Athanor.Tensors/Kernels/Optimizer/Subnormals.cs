using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Flushes subnormal optimizer state to zero. A moment whose gradient stays zero decays into the subnormals and gets stuck
/// there (0.9 · the smallest one rounds back to itself), and every operation on it then takes a microcode assist of about 150
/// cycles: rows of an embedding that are never seen would make each later step slower.
/// </summary>
internal static class Subnormals
{
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>Zero where |x| is below the smallest normal number; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Flush<V>(V x) where V : unmanaged, IVector<V> => V.AndNot(x, V.Less(V.Abs(x), V.All(SmallestNormal)));

    /// <inheritdoc cref="Flush{V}(V)"/>
    public static float Flush(double x) => Math.Abs(x) < SmallestNormal ? 0f : (float)x;
}
