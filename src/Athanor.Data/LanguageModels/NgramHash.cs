using System.Runtime.CompilerServices;

namespace Athanor.Data.LanguageModels;

/// <summary>
/// 64-bit hashes of words and of n-grams. An n-gram's hash is built from its newest word to its oldest, so the hashes of all suffixes of a history come out on the way. Tables keep hashes instead of
/// words (as KenLM's probing model does, Heafield 2011): of 10⁸ n-grams two share one with a chance of 3·10⁻⁴, which training notices.
/// </summary>
internal static class NgramHash
{
    /// <summary>The hash of a word's UTF-16 units.</summary>
    public static ulong Word(ReadOnlySpan<char> word)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char unit in word)
            hash = (hash ^ unit) * 0x100000001B3;
        return Mixed(hash);
    }

    /// <summary>The hash of an n-gram, from that of its suffix without the oldest word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Extend(ulong suffix, uint older) => Mixed((suffix + older + 1) * 0x9E3779B97F4A7C15);

    /// <summary>The hash of one word's id, where <see cref="Extend"/> begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Begin(uint word) => Mixed((word + 1ul) * 0xD6E8FEB86659FD93);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mixed(ulong hash)
    {
        hash ^= hash >> 32;
        hash *= 0xD6E8FEB86659FD93;
        return hash ^ (hash >> 29);
    }
}
