using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Models;

/// <content>The model block by block, for quantizers that calibrate one after another.</content>
public sealed partial class Decoder
{
    /// <summary>Shows the inputs of projections.</summary>
    internal ProjectionProbe Probe { get; }

    /// <summary>What the first block reads.</summary>
    internal Tensor Embed(in DecoderInput input) => Embedded(input, 0);

    /// <summary>What the next block reads.</summary>
    internal Tensor ApplyBlock(int layer, Tensor x, in DecoderInput input)
    {
        (x, Tensor delta) = _blocks[layer].Apply(x, default, input, null);
        return x + delta;
    }
}
