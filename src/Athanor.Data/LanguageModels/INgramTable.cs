using System.Runtime.CompilerServices;

namespace Athanor.Data.LanguageModels;

/// <summary>N-grams of one order.</summary>
internal interface INgramTable
{
    long Count { get; }

    long Bytes { get; }

    /// <summary>What is known about the n-gram of a hash.</summary>
    bool TryGet(ulong hash, out NgramValue value);

    /// <summary>Asks memory for where the n-gram would be.</summary>
    void Prefetch(ulong hash);
}

/// <summary>Look-ups as a value type, so that scoring is compiled once for each kind of table and the look-ups are inlined.</summary>
internal interface INgramLookup
{
    bool TryGet(ulong hash, out NgramValue value);

    void Prefetch(ulong hash);
}

internal readonly struct ExactLookup(NgramTable table) : INgramLookup
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(ulong hash, out NgramValue value) => table.TryGet(hash, out value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong hash) => table.Prefetch(hash);
}

internal readonly struct QuantizedLookup(QuantizedNgramTable table) : INgramLookup
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(ulong hash, out NgramValue value) => table.TryGet(hash, out value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong hash) => table.Prefetch(hash);
}
