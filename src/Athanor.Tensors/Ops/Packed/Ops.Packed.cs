using Athanor.Tensors.Blocks;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static unsafe partial class Ops
{
    /// <summary>
    /// A linear layer with packed weights: y[…, N] = x[…, K] · W[N, K]ᵀ (+ bias[N]), for inference only. A row of y does not change, to the bit, with the
    /// rows beside it.
    /// </summary>
    /// <param name="x">F32 or BF16; leading dimensions are rows.</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="bias">[N], F32; a default handle for none.</param>
    /// <param name="type">Type of y; that of <paramref name="x"/> when missing.</param>
    /// <exception cref="ArgumentException">Types or shapes do not fit.</exception>
    /// <exception cref="NotSupportedException">A gradient would have to flow through.</exception>
    public static Tensor Linear(Tensor x, PackedMatrix weight, Tensor bias = default, DType? type = null)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (!x.DType.IsFloating() || type is { } wanted && !wanted.IsFloating())
            throw new ArgumentException($"Linear of x = {x} with packed weights takes F32 or BF16 and gives F32 or BF16, not {type ?? x.DType}.");
        if (x.Shape.Rank < 1 || x.Shape.Last != weight.Columns)
            throw new ArgumentException($"Linear of x = {x} and {weight}: the last dimension of x must be {weight.Columns}.");
        if (bias.Exists && (bias.DType != DType.F32 || bias.Shape != new Shape(weight.Rows) || !bias.IsContiguous))
            throw new ArgumentException($"Linear with {weight}: the bias is {bias}; it must be F32[{weight.Rows}].");
        StepScope scope = StepScope.Require();
        if (scope.Records && x.RequiresGrad)
            throw new NotSupportedException($"No gradient flows through packed weights ({weight}); train with the plain ones, or begin the scope with record: false.");
        x = RowsView.Of(x, out long stride);
        Tensor y = scope.Allocate(x.Device, x.Shape.With(-1, weight.Rows), type ?? x.DType, nameof(Linear));
        x.Kernels.PackedLinear(weight, new PackedLinearArgs
        {
            Rows = checked((int)x.Shape.Rows),
            X = x.Data,
            XStride = stride,
            XType = x.DType,
            Y = y.Data,
            YStride = weight.Rows,
            YType = y.DType,
            Bias = bias.Exists ? (float*)bias.Data : null,
        });
        GC.KeepAlive(weight);
        return y;
    }

    /// <summary>Rows of a packed table [V, D] by ids [...] (I32): [..., D].</summary>
    /// <param name="type">Type of the result, F32 or BF16.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the table.</exception>
    public static Tensor Embedding(PackedMatrix table, Tensor ids, DType type = DType.BF16)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (ids.DType != DType.I32 || ids.Shape.Rank >= Shape.MaxRank || !type.IsFloating())
            throw new ArgumentException($"Embedding of {table} takes I32 ids and gives F32 or BF16; ids are {ids}, the type {type}.");
        ids = ids.Contiguous();
        ids.Kernels.CheckIndices((int*)ids.Data, ids.Count, table.Rows, "embedding");
        Span<int> extents = stackalloc int[Shape.MaxRank];
        ids.Shape.CopyTo(extents);
        extents[ids.Shape.Rank] = table.Columns;
        Tensor y = StepScope.Require().Allocate(ids.Device, new Shape(extents[..(ids.Shape.Rank + 1)]), type, nameof(Embedding));
        ids.Kernels.PackedRows(table, (int*)ids.Data, checked((int)ids.Count), y.Data, type);
        GC.KeepAlive(table);
        return y;
    }
}
