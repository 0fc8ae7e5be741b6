using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static unsafe partial class Ops
{
    /// <summary>Rows of a table [V, D] by ids [...] (I32): [..., D]. The weight's gradient accumulates in fp32, in an order that does not depend on threads.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the table.</exception>
    public static Tensor Embedding(Tensor weight, Tensor ids)
    {
        if (weight.Shape.Rank != 2 || !weight.DType.IsFloating() || ids.DType != DType.I32 || ids.Shape.Rank >= Shape.MaxRank)
            throw new ArgumentException($"Embedding takes a weight [vocabulary, width] of F32 or BF16 and I32 ids; weight is {weight}, ids are {ids}.");
        weight = weight.Contiguous();
        ids = ids.Contiguous();
        weight.Kernels.CheckIndices((int*)ids.Data, ids.Count, weight.Shape[0], "embedding");
        Span<int> extents = stackalloc int[Shape.MaxRank];
        ids.Shape.CopyTo(extents);
        extents[ids.Shape.Rank] = weight.Shape[1];
        Tensor y = StepScope.Require().Allocate(weight.Device, new Shape(extents[..(ids.Shape.Rank + 1)]), weight.DType, nameof(Embedding));
        IndexSelectArgs args = SelectArgs(weight, 0, ids, y);
        weight.Kernels.IndexSelect(args);
        if (StepScope.Record<EmbeddingNode>(weight.RequiresGrad) is { } node)
            node.Begin(weight, ids, y);
        return y;
    }

    /// <summary>Slices of x along a dimension by a list of indices (I32, one dimension); repeats are welcome.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside the dimension.</exception>
    public static Tensor IndexSelect(this Tensor x, int dimension, Tensor indices)
    {
        int i = x.Shape.Index(dimension);
        RequireRows(x, nameof(x), nameof(IndexSelect));
        if (indices.DType != DType.I32 || indices.Shape.Rank != 1)
            throw new ArgumentException($"IndexSelect of {x} takes a list of I32 indices; they are {indices}. Flatten and convert them.");
        x = x.Contiguous();
        indices = indices.Contiguous();
        x.Kernels.CheckIndices((int*)indices.Data, indices.Count, x.Shape[i], "dimension");
        Tensor y = StepScope.Require().Allocate(x.Device, x.Shape.With(i, indices.Shape[0]), x.DType, nameof(IndexSelect));
        x.Kernels.IndexSelect(SelectArgs(x, i, indices, y));
        if (StepScope.Record<PickNode>(x.RequiresGrad) is { } node)
            node.Begin(x, i, indices, y, slices: true);
        return y;
    }

    /// <summary>Elements of x along a dimension: y[…, j, …] = x[…, indices[…, j, …], …]; indices (I32) have the shape of x but for that dimension.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside the dimension.</exception>
    public static Tensor Gather(this Tensor x, int dimension, Tensor indices)
    {
        int i = CheckPicks(x, dimension, indices, nameof(Gather));
        x = x.Contiguous();
        indices = indices.Contiguous();
        x.Kernels.CheckIndices((int*)indices.Data, indices.Count, x.Shape[i], "dimension");
        Tensor y = StepScope.Require().Allocate(x.Device, indices.Shape, x.DType, nameof(Gather));
        x.Kernels.Gather(PickArgs(x, i, indices, y));
        if (StepScope.Record<PickNode>(x.RequiresGrad) is { } node)
            node.Begin(x, i, indices, y, slices: false);
        return y;
    }

    /// <summary>A copy of x with source added along a dimension: y[…, indices[…, j, …], …] += source[…, j, …], in order of j.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside the dimension.</exception>
    public static Tensor ScatterAdd(this Tensor x, int dimension, Tensor indices, Tensor source)
    {
        int i = CheckPicks(x, dimension, indices, nameof(ScatterAdd));
        RequireShape(source, x.DType, indices.Shape, nameof(source), indices, nameof(indices), nameof(ScatterAdd));
        indices = indices.Contiguous();
        source = source.Contiguous();
        x.Kernels.CheckIndices((int*)indices.Data, indices.Count, x.Shape[i], "dimension");
        Tensor y = StepScope.Require().Allocate(x.Device, x.Shape, x.DType, nameof(ScatterAdd));
        x.Kernels.Copy(y.View, x.View);
        x.Kernels.ScatterAdd(PickArgs(y, i, indices, source));
        if (StepScope.Record<ScatterAddNode>(x.RequiresGrad || source.RequiresGrad) is { } node)
            node.Begin(x, i, indices, source, y);
        return y;
    }

    /// <summary>The k largest of the last dimension, largest first, ties in order of position, NaN above all: values and indices (I32) [..., k].</summary>
    public static (Tensor Values, Tensor Indices) TopK(this Tensor x, int k) => SortOrTop(x, k, true, nameof(TopK));

    /// <summary>The last dimension sorted, stably, NaN above all: values and indices (I32).</summary>
    public static (Tensor Values, Tensor Indices) Sort(this Tensor x, bool descending = false) => SortOrTop(x, x.Shape.Last, descending, nameof(Sort));

    /// <summary>Running sums along a dimension, of the same shape and type.</summary>
    /// <param name="exclusive">Sums end before the element itself.</param>
    /// <param name="reversed">Sums run from the far end.</param>
    public static Tensor CumulativeSum(this Tensor x, int dimension, bool exclusive = false, bool reversed = false)
    {
        int i = x.Shape.Index(dimension);
        RequireRows(x, nameof(x), nameof(CumulativeSum));
        x = x.Contiguous();
        Tensor y = StepScope.Require().Allocate(x.Device, x.Shape, x.DType, nameof(CumulativeSum));
        x.Kernels.CumulativeSum(SumArgs(x, i, y, exclusive, reversed));
        if (StepScope.Record<CumulativeSumNode>(x.RequiresGrad) is { } node)
            node.Begin(x, i, y, exclusive, reversed);
        return y;
    }

    private static (Tensor, Tensor) SortOrTop(Tensor x, int count, bool descending, string op)
    {
        RequireRows(x, nameof(x), op);
        if ((uint)count > (uint)x.Shape.Last)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"{op} of {x}: between 0 and {x.Shape.Last} elements of the last dimension can be taken.");
        x = x.Contiguous();
        StepScope scope = StepScope.Require();
        Shape shape = x.Shape.With(-1, count);
        Tensor values = scope.Allocate(x.Device, shape, x.DType, op), indices = scope.Allocate(x.Device, shape, DType.I32, op);
        x.Kernels.Sort(new SortArgs
        {
            Rows = checked((int)x.Shape.Rows),
            Length = x.Shape.Last,
            Count = count,
            Input = x.Data,
            Type = x.DType,
            Descending = descending,
            Values = values.Data,
            Indices = (int*)indices.Data,
        });
        if (StepScope.Record<PickNode>(x.RequiresGrad) is { } node)
            node.Begin(x, x.Shape.Rank - 1, indices, values, slices: false);
        return (values, indices);
    }

    private static int CheckPicks(Tensor x, int dimension, Tensor indices, string op)
    {
        int i = x.Shape.Index(dimension);
        RequireRows(x, nameof(x), op);
        if (indices.DType != DType.I32 || indices.Shape.Rank != x.Shape.Rank || indices.Shape != x.Shape.With(i, indices.Shape[i]))
            throw new ArgumentException($"{op} along dimension {i} of {x}: indices are {indices}; they must be I32 and agree in every other extent.");
        return i;
    }

    internal static (int Outer, int Axis, int Inner) Around(in Shape shape, int dimension)
    {
        int outer = 1, inner = 1;
        for (int i = 0; i < shape.Rank; i++)
        {
            if (i < dimension)
                outer = checked(outer * shape[i]);
            else if (i > dimension)
                inner = checked(inner * shape[i]);
        }
        return (outer, shape[dimension], inner);
    }

    internal static IndexSelectArgs SelectArgs(Tensor table, int dimension, Tensor indices, Tensor rows)
    {
        var (outer, axis, inner) = Around(table.Shape, dimension);
        return new IndexSelectArgs
        {
            Outer = outer,
            Axis = axis,
            Inner = inner,
            Count = checked((int)indices.Count),
            Indices = (int*)indices.Data,
            Table = table.Data,
            TableType = table.DType,
            Rows = rows.Data,
            RowsType = rows.DType,
        };
    }

    internal static GatherArgs PickArgs(Tensor table, int dimension, Tensor indices, Tensor picked)
    {
        var (outer, axis, inner) = Around(table.Shape, dimension);
        return new GatherArgs
        {
            Outer = outer,
            Axis = axis,
            Inner = inner,
            Count = indices.Shape[dimension],
            Indices = (int*)indices.Data,
            Table = table.Data,
            Picked = picked.Data,
            Type = table.DType,
        };
    }

    internal static CumulativeSumArgs SumArgs(Tensor x, int dimension, Tensor y, bool exclusive, bool reversed)
    {
        var (outer, axis, inner) = Around(x.Shape, dimension);
        return new CumulativeSumArgs { Outer = outer, Axis = axis, Inner = inner, Input = x.Data, Output = y.Data, Type = x.DType, Exclusive = exclusive, Reversed = reversed };
    }
}
