using Athanor.Tensors;
using Athanor.Tensors.Blocks;

namespace Athanor.Models.Layers;

/// <summary>A weight matrix, plain or packed.</summary>
internal readonly record struct Weight(Parameter? Plain, PackedMatrix? Packed)
{
    /// <summary>x·Wᵀ + b.</summary>
    /// <param name="type">Type of the result with packed weights; that of x when missing.</param>
    public Tensor Apply(Tensor x, Parameter? bias = null, DType? type = null)
    {
        Tensor addend = bias?.Value ?? default;
        return Packed is null ? Ops.Linear(x, Plain!, addend) : Ops.Linear(x, Packed, addend, type);
    }

    /// <summary>Rows by ids.</summary>
    public Tensor Rows(Tensor ids, DType type) => Packed is null ? Ops.Embedding(Plain!, ids) : Ops.Embedding(Packed, ids, type);
}
