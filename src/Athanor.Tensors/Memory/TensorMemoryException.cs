namespace Athanor.Tensors;

/// <summary>Native memory ran out: says for what, how much was asked, and what was held.</summary>
public sealed class TensorMemoryException(string purpose, long requestedBytes, long liveBytes, long peakBytes)
    : Exception($"Out of memory in {purpose}: {requestedBytes:N0} bytes were asked for while {liveBytes:N0} bytes were live (peak {peakBytes:N0}). " +
                "Use a smaller batch, activation checkpointing, or raise the limit (ATHANOR_MEMORY, in GB).")
{
    /// <summary>The op or store that asked.</summary>
    public string Purpose { get; } = purpose;
    public long RequestedBytes { get; } = requestedBytes;
    public long LiveBytes { get; } = liveBytes;
    public long PeakBytes { get; } = peakBytes;
}
