using System.Buffers;

namespace Athanor.Tokenizers.Decoders;

/// <summary>Replaces a byte string within each token while its parts come in: holds back what may be the start of a match.</summary>
internal class ReplacingStage(DecodeStage next, byte[] from, byte[] to) : PassingStage(next)
{
    private readonly ArrayBufferWriter<byte> _held = new(64);

    /// <summary>What takes the place of a match in the present token.</summary>
    protected virtual ReadOnlySpan<byte> Replacement => to;

    public override void Write(ReadOnlySpan<byte> part)
    {
        if (_held.WrittenCount > 0)
        {
            _held.Write(part);
            byte[] all = _held.WrittenSpan.ToArray();
            _held.ResetWrittenCount();
            part = all;
        }
        for (int found; (found = part.IndexOf(from)) >= 0; part = part[(found + from.Length)..])
        {
            Next.Write(part[..found]);
            Next.Write(Replacement);
        }
        int keep = Math.Min(part.Length, from.Length - 1);
        while (keep > 0 && !from.AsSpan().StartsWith(part[^keep..]))
            keep--;
        Next.Write(part[..^keep]);
        _held.Write(part[^keep..]);
    }

    public override void End()
    {
        Next.Write(_held.WrittenSpan);
        _held.ResetWrittenCount();
        base.End();
    }
}
