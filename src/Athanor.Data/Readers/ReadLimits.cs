namespace Athanor.Data.Readers;

/// <summary>What a reader bears; memory and work stay bounded whatever a file holds.</summary>
/// <param name="LargestRecord">Bytes of a record, unpacked. Longer ones are passed over.</param>
/// <param name="LargestRatio">Bytes that a byte of a compressed file may unpack to, once <see cref="RatioSlack"/> bytes are unpacked. Text reaches 3 to 20.</param>
public sealed record ReadLimits(int LargestRecord = 64 << 20, int LargestRatio = 300)
{
    /// <summary>So many unpacked bytes are never a bomb.</summary>
    public const long RatioSlack = 16 << 20;

    /// <summary>Where a file must be taken for a bomb.</summary>
    public bool IsBomb(long packed, long unpacked) => unpacked > RatioSlack && unpacked / LargestRatio > packed;
}
