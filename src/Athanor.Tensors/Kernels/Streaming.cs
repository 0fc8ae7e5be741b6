namespace Athanor.Tensors.Kernels;

/// <summary>
/// When results are stored past the caches. An ordinary store first reads the line it overwrites; for results that leave the
/// cache before anyone reads them that read is waste. Smaller results stay ordinary: the next op finds them in the cache.
/// </summary>
internal static unsafe class Streaming
{
    /// <summary>Results of at least this many bytes bypass the caches. It changes speed only, never a result.</summary>
    public static long ThresholdBytes { get; set; } = 32L << 20;

    /// <summary>Whether a result of <paramref name="rows"/> rows of <paramref name="rowBytes"/> at <paramref name="target"/> is large enough and aligned in every row.</summary>
    public static bool Pays(void* target, long rows, long rowBytes) =>
        rows * rowBytes >= ThresholdBytes && rowBytes % 64 == 0 && (nuint)target % 64 == 0;
}
