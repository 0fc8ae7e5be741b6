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

/// <summary>
/// Constants of one map for <see cref="DynamicCodes"/>: four tables by level, each 16 floats as <see cref="IVector{V}.Lookup8"/> wants them. Level 7 is
/// the single value 1.
/// </summary>
internal unsafe struct DynamicTables
{
    /// <summary>Decoding: value = slope · 0.9 · fraction + offset.</summary>
    public fixed float DecodeSlope[16];
    public fixed float DecodeOffset[16];

    /// <summary>Encoding: place = floor(slope · x + offset).</summary>
    public fixed float EncodeSlope[16];
    public fixed float EncodeOffset[16];

    public static DynamicTables Of<TMap>() where TMap : IDynamicMap
    {
        DynamicTables tables = default;
        for (int i = 0; i < 16; i++)
        {
            int level = i % 8, parts = 1 << (level + TMap.Unsigned);
            double top = Math.Pow(10, level - 6);
            tables.DecodeSlope[i] = level == 7 ? 0 : (float)top;
            tables.DecodeOffset[i] = level == 7 ? 1 : (float)((0.45 / parts + 0.1) * top);
            tables.EncodeSlope[i] = level == 7 ? 0 : (float)(parts / (0.9 * top));
            tables.EncodeOffset[i] = level == 7 ? parts : (float)(parts * (8.0 / 9));
        }
        return tables;
    }
}

/// <summary>Codes to numbers and back in registers: byte tables would need gathers, and a search eight of them for each number.</summary>
internal static unsafe class DynamicCodes
{
    /// <summary>Numbers of the codes at <paramref name="codes"/>, in units of the block's scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Decode<V, TMap>(byte* codes, DynamicTables* tables)
        where V : unmanaged, IVector<V>
        where TMap : IDynamicMap
    {
        var code = V.LoadUInt8(codes);
        var fromZero = TMap.Unsigned == 1 ? code : code - V.All(127f);
        var place = TMap.Unsigned == 1 ? code + V.All(1f) : V.Abs(fromZero);
        // Place 2^e·(1 + k/2^e): the fraction is the position in the level. Zero is set apart at the end.
        var fraction = V.Frexp(V.MaxNative(place, V.All(1f + TMap.Unsigned)), out var level) - V.All(1f);
        if (TMap.Unsigned == 1)
            level -= V.All(1f);
        var value = V.Fma(V.Lookup8(tables->DecodeSlope, level), fraction * V.All(0.9f), V.Lookup8(tables->DecodeOffset, level));
        if (TMap.Unsigned == 0)
            value = V.Or(value, V.And(fromZero, V.All(-0f)));
        return V.AndNot(value, V.Equal(fromZero, V.Zero));
    }

    /// <summary>Stores the codes of the map entries nearest to <paramref name="x"/>, |x| ≤ 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Encode<V, TMap>(byte* codes, V x, DynamicTables* tables)
        where V : unmanaged, IVector<V>
        where TMap : IDynamicMap
    {
        var size = V.Abs(x);
        // The level by halving: three comparisons find it among eight.
        var upper = V.LessOrEqual(V.All(Threshold<TMap>(4)), size);
        var odd = V.LessOrEqual(V.Select(upper, V.All(Threshold<TMap>(6)), V.All(Threshold<TMap>(2))), size);
        var high = V.Select(odd, V.All(Threshold<TMap>(7)), V.All(Threshold<TMap>(5)));
        var low = V.Select(odd, V.All(Threshold<TMap>(3)), V.All(Threshold<TMap>(1)));
        var last = V.LessOrEqual(V.Select(upper, high, low), size);
        var level = V.And(upper, V.All(4f)) + V.And(odd, V.All(2f)) + V.And(last, V.All(1f));
        var slope = V.Lookup8(tables->EncodeSlope, level);
        var offset = V.Lookup8(tables->EncodeOffset, level);
        // Above a level's own decade, up to the middle of the gap, its last entry is the nearest: 2·parts - 1, from offset = parts·8/9.
        var place = V.Floor(V.MinNative(V.Fma(size, slope, offset), V.Fma(offset, V.All(2.25f), V.All(-0.5f))));
        place = V.AndNot(place, V.Less(size, V.All(TMap.Unsigned == 1 ? 1.625e-7f : 2.75e-7f)));
        var code = TMap.Unsigned == 1
            ? V.MaxNative(place - V.All(1f), V.Zero)
            : V.MaxNative(V.All(127f) + V.Or(place, V.And(x, V.All(-0f))), V.Zero);
        V.StoreUInt8(codes, code);
    }

    /// <summary>The middle between the last entry of the level below and the first of <paramref name="level"/>; folds to a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Threshold<TMap>(int level) where TMap : IDynamicMap => level == 7
        ? 1f - 0.225f / (64 << TMap.Unsigned)
        : Below(level) * (1f + 0.9f / (1 << (level - 1 + TMap.Unsigned)));

    /// <summary>10^(level - 7): the top of the level below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Below(int level) => level switch
    {
        1 => 1e-6f,
        2 => 1e-5f,
        3 => 1e-4f,
        4 => 1e-3f,
        5 => 1e-2f,
        _ => 1e-1f,
    };
}
