namespace Athanor.Data.Signals;

/// <summary>
/// The numbers that steps computed for every document that they saw, kept or removed, so that thresholds can be replayed. Little-endian:
/// <code>
/// 0    8  "ATHSIGNL"
/// 8    4  version, 1
/// 12   4  length L of the names, a multiple of 8
/// 16   L  names: JSON, {"steps":[…],"signals":[…]}, the steps in their order and the C signals; filled up with spaces
/// then blocks, one after another, each:
/// 0    4  rows R
/// 4    4  number of the input file
/// 8    8  bytes of the input file before the first document's line
/// 16   8  bytes of the file of kept documents before the block's first one
/// 24   8  bytes of the file of removed documents before the block's first one
/// 32   4R  of each row: the line's place in the input file, after the block's
///      4R  of each row: the line's place in the file of kept or of removed documents, after the block's
///      4R  of each row: 0 where it was kept, else the number of the step that removed it, from 1
///      4R  float32, C times: a column a signal; NaN where it was not computed
/// </code>
/// </summary>
public static class SignalFile
{
    /// <summary>The file's name beside <c>documents.jsonl</c>; for a set that is held out <c>signals-val-&lt;set&gt;.bin</c>.</summary>
    public const string Name = "signals.bin";
    internal const int Version = 1, HeaderBytes = 16, BlockHeaderBytes = 32;

    internal static ReadOnlySpan<byte> Magic => "ATHSIGNL"u8;
}
