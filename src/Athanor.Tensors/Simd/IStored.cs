using System.Runtime.CompilerServices;

namespace Athanor.Tensors.Simd;

/// <summary>How a floating-point element lies in memory: kernels compute in fp32 and take the storage type as a parameter.</summary>
internal unsafe interface IStored
{
    /// <summary>Bytes of one element.</summary>
    static abstract int Size { get; }
    static abstract V Load<V>(void* array, long index) where V : unmanaged, IVector<V>;
    static abstract void Store<V>(void* array, long index, V value) where V : unmanaged, IVector<V>;

    /// <summary>A store past the caches for large results; the address must be aligned to the stored vector.</summary>
    static abstract void StoreStreaming<V>(void* array, long index, V value) where V : unmanaged, IVector<V>;

    /// <summary>
    /// 2·V.Lanes elements in two registers, in an order of the storage type's choice (bf16: even and odd places): the cheapest way through
    /// elements that are treated alike. <see cref="PairIsInterleaved"/> says which order.
    /// </summary>
    static abstract void LoadPair<V>(void* array, long index, out V first, out V second) where V : unmanaged, IVector<V>;

    /// <summary>The reverse of <see cref="LoadPair{V}"/>; with <paramref name="stream"/> past the caches, aligned to the stored registers.</summary>
    static abstract void StorePair<V>(void* array, long index, V first, V second, bool stream) where V : unmanaged, IVector<V>;

    /// <summary>Whether a pair holds even and odd places instead of the first and the second half.</summary>
    static abstract bool PairIsInterleaved { get; }
    static abstract float Get(void* array, long index);
    static abstract void Set(void* array, long index, float value);
}

/// <summary>fp32 in memory.</summary>
internal readonly unsafe struct StoredF32 : IStored
{
    public static int Size => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(void* array, long index) where V : unmanaged, IVector<V> => V.Load((float*)array + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V>(void* array, long index, V value) where V : unmanaged, IVector<V> => V.Store((float*)array + index, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming<V>(void* array, long index, V value) where V : unmanaged, IVector<V> => V.StoreStreaming((float*)array + index, value);

    public static bool PairIsInterleaved => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPair<V>(void* array, long index, out V first, out V second) where V : unmanaged, IVector<V>
    {
        first = V.Load((float*)array + index);
        second = V.Load((float*)array + index + V.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePair<V>(void* array, long index, V first, V second, bool stream) where V : unmanaged, IVector<V>
    {
        if (stream)
        {
            V.StoreStreaming((float*)array + index, first);
            V.StoreStreaming((float*)array + index + V.Lanes, second);
        }
        else
        {
            V.Store((float*)array + index, first);
            V.Store((float*)array + index + V.Lanes, second);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(void* array, long index) => ((float*)array)[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(void* array, long index, float value) => ((float*)array)[index] = value;
}

/// <summary>bf16 in memory: widened on load (exact), rounded to nearest even on store.</summary>
internal readonly unsafe struct StoredBf16 : IStored
{
    public static int Size => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(void* array, long index) where V : unmanaged, IVector<V> => V.LoadBf16((ushort*)array + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V>(void* array, long index, V value) where V : unmanaged, IVector<V> => V.StoreBf16((ushort*)array + index, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming<V>(void* array, long index, V value) where V : unmanaged, IVector<V> => V.StoreBf16Streaming((ushort*)array + index, value);

    public static bool PairIsInterleaved => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPair<V>(void* array, long index, out V first, out V second) where V : unmanaged, IVector<V>
    {
        V.LoadBf16Pair((ushort*)array + index, out first, out second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePair<V>(void* array, long index, V first, V second, bool stream) where V : unmanaged, IVector<V>
    {
        if (stream)
            V.StoreBf16PairStreaming((ushort*)array + index, first, second);
        else
            V.StoreBf16Pair((ushort*)array + index, first, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(void* array, long index) => BFloat16.ToSingle(((ushort*)array)[index]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(void* array, long index, float value) => ((ushort*)array)[index] = BFloat16.FromSingle(value);
}
