using Athanor.Tensors.Blocks;

namespace Athanor.Models;

/// <summary>Finds the weights that a decoder takes packed, by parameter name.</summary>
public interface IPackedWeights
{
    /// <summary>
    /// The matrix of a parameter, such as <c>layers.0.attention.qkv.weight</c>, in the decoder's own layout (queries, keys and values one below the other,
    /// the gate above the up matrix); null where the decoder shall have a plain <see cref="Athanor.Tensors.Parameter"/> to be filled.
    /// </summary>
    PackedMatrix? Find(string name);
}
