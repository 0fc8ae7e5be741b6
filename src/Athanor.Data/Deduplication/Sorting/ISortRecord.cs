using System.Runtime.CompilerServices;

namespace Athanor.Data.Deduplication.Sorting;

/// <summary>A record of fixed size that <see cref="ExternalSorter{T}"/> puts in order.</summary>
internal interface ISortRecord<T> where T : unmanaged, ISortRecord<T>
{
    /// <summary>Whether the keys are hashes: their upper 40 bits then tell nearly all records apart.</summary>
    static abstract bool Hashed { get; }

    /// <summary>The most significant part of the order.</summary>
    static abstract ulong Key(in T record);

    /// <summary>Whether the first comes before the second; total, so that the result does not depend on the order of addition.</summary>
    static abstract bool Less(in T a, in T b);
}

/// <summary>A hash and the place that it was met at.</summary>
internal readonly record struct HashPlace(ulong Hash, ulong Place) : ISortRecord<HashPlace>
{
    public static bool Hashed => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Key(in HashPlace record) => record.Hash;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Less(in HashPlace a, in HashPlace b) => a.Hash < b.Hash | (a.Hash == b.Hash & a.Place < b.Place);
}

/// <summary>A hash of 128 bits, how soon its place comes among equal hashes, and the place.</summary>
internal readonly record struct WideHashPlace(ulong High, ulong Low, ulong Rank, ulong Place) : ISortRecord<WideHashPlace>
{
    public WideHashPlace(UInt128 hash, ulong rank, ulong place) : this((ulong)(hash >> 64), (ulong)hash, rank, place)
    {
    }

    public static bool Hashed => true;

    public bool SameHash(in WideHashPlace other) => High == other.High && Low == other.Low;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Key(in WideHashPlace record) => record.High;

    public static bool Less(in WideHashPlace a, in WideHashPlace b) =>
        a.High != b.High ? a.High < b.High : a.Low != b.Low ? a.Low < b.Low : a.Rank != b.Rank ? a.Rank < b.Rank : a.Place < b.Place;
}

/// <summary>A place and what it is linked to, with a number; in the order of places.</summary>
internal readonly record struct PlaceLink(ulong Place, ulong Other, double Value = 0) : ISortRecord<PlaceLink>
{
    public static bool Hashed => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Key(in PlaceLink record) => record.Place;

    public static bool Less(in PlaceLink a, in PlaceLink b) =>
        a.Place != b.Place ? a.Place < b.Place : a.Other != b.Other ? a.Other < b.Other : a.Value < b.Value;
}
