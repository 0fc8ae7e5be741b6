using System.Buffers;

namespace Athanor.Tokenizers.Decoders;

/// <summary>
/// A decoder at work: takes tokens one after the other, each in one or more parts, and passes on what is certain.
/// Whole texts and streams run through the same stages, so both give the same text.
/// </summary>
internal abstract class DecodeStage
{
    /// <summary>A token starts.</summary>
    public abstract void Begin();

    /// <summary>More bytes of the token.</summary>
    public abstract void Write(ReadOnlySpan<byte> part);

    /// <summary>The token ends.</summary>
    public abstract void End();

    /// <summary>No token follows.</summary>
    public abstract void Finish();

    /// <summary>A token in one part.</summary>
    public void Token(ReadOnlySpan<byte> token)
    {
        Begin();
        Write(token);
        End();
    }
}

/// <summary>A stage that hands tokens on, by default as they are.</summary>
internal abstract class PassingStage(DecodeStage next) : DecodeStage
{
    protected DecodeStage Next { get; } = next;

    public override void Begin() => Next.Begin();

    public override void Write(ReadOnlySpan<byte> part) => Next.Write(part);

    public override void End() => Next.End();

    public override void Finish() => Next.Finish();
}

/// <summary>A stage that needs whole tokens.</summary>
internal abstract class WholeTokenStage(DecodeStage next) : PassingStage(next)
{
    private readonly ArrayBufferWriter<byte> _gathered = new(64);

    public sealed override void Begin() => _gathered.ResetWrittenCount();

    public sealed override void Write(ReadOnlySpan<byte> part) => _gathered.Write(part);

    public sealed override void End() => Take(_gathered.WrittenSpan);

    protected abstract void Take(ReadOnlySpan<byte> token);
}

/// <summary>The end of the chain: what was decoded and not yet taken.</summary>
internal sealed class DecodeSink : DecodeStage
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    public void Clear() => _bytes.ResetWrittenCount();

    public override void Begin()
    {
    }

    public override void Write(ReadOnlySpan<byte> part) => _bytes.Write(part);

    public override void End()
    {
    }

    public override void Finish()
    {
    }
}

/// <summary>What is done without any decoder: tokens are joined by spaces.</summary>
internal sealed class SpacingStage(DecodeStage next) : PassingStage(next)
{
    private bool _any;

    public override void Begin()
    {
        base.Begin();
        if (_any)
            Next.Write(" "u8);
        _any = true;
    }
}
