namespace Athanor.Data.FastText;

/// <summary>fastText's hash of words and character n-grams: FNV-1a whose bytes are widened as signed ones, a mistake that all its models depend on.</summary>
internal static class FastTextHash
{
    /// <summary>The hash of nothing.</summary>
    public const uint Basis = 2166136261;

    private const uint Prime = 16777619;

    public static uint Append(uint hash, byte value) => (hash ^ (uint)(sbyte)value) * Prime;

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint hash = Basis;
        foreach (byte value in bytes)
            hash = Append(hash, value);
        return hash;
    }
}
