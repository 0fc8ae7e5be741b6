using System.Threading.Channels;
using Athanor.Inference.Generation;

namespace Athanor.Inference.Running;

/// <summary>A request that is answered by texts. What is written waits, at most all that was asked for, until it is read: a slow reader holds nobody up.</summary>
internal abstract class TextTask : EngineTask
{
    private readonly Channel<GenerationChunk> _parts = Channel.CreateUnbounded<GenerationChunk>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = false });

    /// <summary>What was written.</summary>
    public ChannelReader<GenerationChunk> Parts => _parts.Reader;

    /// <summary>Tokens drawn, and prompt tokens found in the cache.</summary>
    public abstract int Drawn { get; }

    /// <inheritdoc cref="Drawn"/>
    public int Known { get; protected set; }

    /// <summary>Where parts are written.</summary>
    protected ChannelWriter<GenerationChunk> Writer => _parts.Writer;

    /// <inheritdoc/>
    public override void Fail(Exception reason) => Writer.TryComplete(reason);
}
