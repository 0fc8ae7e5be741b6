using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>Which of the two maps of <see cref="DynamicMap"/>; a constant to the compiler.</summary>
internal interface IDynamicMap
{
    /// <summary>1 when levels have 2^(i+1) entries instead of 2^i, and codes count from one below.</summary>
    static abstract int Unsigned { get; }
}

internal readonly struct SignedMap : IDynamicMap
{
    public static int Unsigned => 0;
}

internal readonly struct UnsignedMap : IDynamicMap
{
    public static int Unsigned => 1;
}

/// <summary>Codes to numbers and back in registers: byte tables would need gathers, and a search eight of them for each number.</summary>
internal static unsafe class DynamicCodes
{
    /// <summary>Floats that <see cref="Fill"/> writes for one map.</summary>
    public const int TableLength = 16;

    /// <summary>The decoding constants of the eight levels: slope, then offset; the eighth is the single value 1.</summary>
    public static void Fill<TMap>(float* table) where TMap : IDynamicMap
    {
        for (int level = 0; level < 7; level++)
        {
            double top = Math.Pow(10, level - 6);
            table[level] = (float)top;
            table[8 + level] = (float)(0.45 * top / (1 << (level + TMap.Unsigned)) + 0.1 * top);
        }
        table[7] = 0;
        table[15] = 1;
    }

    /// <summary>Numbers of the codes at <paramref name="codes"/>, in units of the block's scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Decode<V, TMap>(byte* codes, float* table)
        where V : unmanaged, IVector<V>
        where TMap : IDynamicMap
    {
        var code = V.LoadUInt8(codes);
        var fromZero = TMap.Unsigned == 1 ? code : code - V.All(127f);
        var place = TMap.Unsigned == 1 ? code + V.All(1f) : V.Abs(fromZero);
        // Place 2^e·(1 + k/2^e): the fraction is the position in the level. Zero is set apart at the end.
        var fraction = V.Frexp(V.Max(place, V.All(1f + TMap.Unsigned)), out var level) - V.All(1f);
        if (TMap.Unsigned == 1)
            level -= V.All(1f);
        var value = V.Fma(V.Lookup8(table, level), fraction * V.All(0.9f), V.Lookup8(table + 8, level));
        if (TMap.Unsigned == 0)
            value = V.Or(value, V.And(fromZero, V.All(-0f)));
        return V.AndNot(value, V.Equal(fromZero, V.Zero));
    }

    /// <summary>Stores the codes of the map entries nearest to <paramref name="x"/>, |x| ≤ 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Encode<V, TMap>(byte* codes, V x)
        where V : unmanaged, IVector<V>
        where TMap : IDynamicMap
    {
        var size = V.Abs(x);
        var slope = V.All(Slope<TMap>(0));
        var first = V.All(First<TMap>(0));
        Rise<V, TMap>(size, 1, ref slope, ref first);
        Rise<V, TMap>(size, 2, ref slope, ref first);
        Rise<V, TMap>(size, 3, ref slope, ref first);
        Rise<V, TMap>(size, 4, ref slope, ref first);
        Rise<V, TMap>(size, 5, ref slope, ref first);
        Rise<V, TMap>(size, 6, ref slope, ref first);
        var one = V.LessOrEqual(V.All(1f - 0.225f / (64 << TMap.Unsigned)), size);
        slope = V.AndNot(slope, one);
        first = V.Select(one, V.All(128f * (1 << TMap.Unsigned)), first);
        // Above a level's own decade, up to the middle of the gap, the last entry is the nearest: 2^(e+1) - 1 from 2^e·8/9.
        var place = V.Floor(V.MinNative(V.Fma(size, slope, first), V.Fma(first, V.All(2.25f), V.All(-0.5f))));
        place = V.AndNot(place, V.Less(size, V.All(TMap.Unsigned == 1 ? 1.625e-7f : 2.75e-7f)));
        var code = TMap.Unsigned == 1
            ? V.MaxNative(place - V.All(1f), V.Zero)
            : V.MaxNative(V.All(127f) + V.Or(place, V.And(x, V.All(-0f))), V.Zero);
        V.StoreUInt8(codes, code);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rise<V, TMap>(V size, int level, ref V slope, ref V first)
        where V : unmanaged, IVector<V>
        where TMap : IDynamicMap
    {
        var reached = V.LessOrEqual(V.All(Threshold<TMap>(level)), size);
        slope = V.Select(reached, V.All(Slope<TMap>(level)), slope);
        first = V.Select(reached, V.All(First<TMap>(level)), first);
    }

    /// <summary>The middle between the last entry of the level below and the first of <paramref name="level"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Threshold<TMap>(int level) where TMap : IDynamicMap => Power(level - 1) * (1f + 0.9f / (1 << (level - 1 + TMap.Unsigned)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Slope<TMap>(int level) where TMap : IDynamicMap => (1 << (level + TMap.Unsigned)) / 0.9f / Power(level);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float First<TMap>(int level) where TMap : IDynamicMap => (1 << (level + TMap.Unsigned)) * (8f / 9f);

    /// <summary>10^(level - 6), in a form that folds to a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Power(int level) => level switch
    {
        0 => 1e-6f,
        1 => 1e-5f,
        2 => 1e-4f,
        3 => 1e-3f,
        4 => 1e-2f,
        5 => 1e-1f,
        _ => 1f,
    };
}
