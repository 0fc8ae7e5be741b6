using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Linear layers per group of rows: each group's gradients are those of a linear layer over its rows.</summary>
internal sealed unsafe class GroupedLinearNode : Node
{
    private const int MostGroups = 4096;
    private Tensor _x, _weights, _offsets, _y;

    public static Tensor Apply(Tensor x, Tensor weights, Tensor offsets)
    {
        Check(x, weights, offsets);
        x = RowsView.Of(x, out long ldx);
        weights = weights.Contiguous();
        int groups = weights.Shape[0], n = weights.Shape[1], k = weights.Shape[2];
        Tensor y = StepScope.Require().Allocate(x.Device, new Shape(x.Shape[0], n), x.DType, nameof(Ops.GroupedLinear));
        x.Kernels.MatMul(LinearProducts.Forward(x.Shape[0], n, k, x, ldx, weights, k, y) with
        {
            Batch = groups,
            StrideB = (long)n * k,
            Groups = (int*)offsets.Data,
            Grouping = GemmGrouping.Rows,
        });
        if (StepScope.Record<GroupedLinearNode>(x.RequiresGrad || weights.RequiresGrad) is { } node)
        {
            node._x = weights.RequiresGrad ? node.Save(x) : x;
            node._weights = x.RequiresGrad ? node.Save(weights) : weights;
            node._offsets = node.Save(offsets);
            node._y = node.Produces(y);
        }
        return y;
    }

    private static void Check(Tensor x, Tensor weights, Tensor offsets)
    {
        if (x.DType != weights.DType || !x.DType.IsFloating())
            throw new ArgumentException($"GroupedLinear of x = {x} and weights = {weights}: both must be F32 or both BF16; convert one with To.");
        if (x.Shape.Rank != 2 || weights.Shape.Rank != 3 || x.Shape[1] != weights.Shape[2])
            throw new ArgumentException($"GroupedLinear of x = {x} and weights = {weights}: x must be [R, K] and weights [E, N, K] with the same K.");
        int groups = weights.Shape[0];
        if (offsets.DType != DType.I32 || offsets.Shape.Rank != 1 || offsets.Shape[0] != groups + 1 || groups is 0 or > MostGroups || !offsets.IsContiguous)
            throw new ArgumentException($"GroupedLinear with weights = {weights} and offsets = {offsets}: offsets must be I32 of shape [{groups + 1}], one more than the 1 to {MostGroups} groups.");
        Span<int> values = stackalloc int[groups + 1];
        offsets.CopyTo(values);
        for (int i = 0; i < groups; i++)
        {
            if (values[i] > values[i + 1])
                throw new ArgumentException($"GroupedLinear: the offsets of {groups} groups must ascend; offset {i + 1} is {values[i + 1]} after {values[i]}.");
        }
        if (values[0] != 0 || values[groups] != x.Shape[0])
            throw new ArgumentException($"GroupedLinear of x = {x}: the offsets must run from 0 to {x.Shape[0]}; they run from {values[0]} to {values[groups]}.");
    }

    protected internal override void Backward()
    {
        TryStridedGradient(_y, out Tensor dy);
        dy = RowsView.Of(dy, out long ldy);
        int rows = _y.Shape[0], groups = _weights.Shape[0], n = _weights.Shape[1], k = _weights.Shape[2];
        IKernels kernels = _y.Kernels;
        if (Gradients.Wanted(_x))
        {
            Tensor dx = RowsView.NewGradient(_x, out long ldx);
            kernels.MatMul(LinearProducts.InputGradient(rows, n, k, dy, ldy, _weights, k, dx, ldx) with
            {
                Batch = groups,
                StrideB = (long)n * k,
                Groups = (int*)_offsets.Data,
                Grouping = GemmGrouping.Rows,
            });
            Gradients.Add(_x, dx);
        }
        if (Gradients.Wanted(_weights))
        {
            Tensor dw = Gradients.BeginWeight(_weights);
            RowsView.TryGet(_x, out long ldx);
            kernels.MatMul(LinearProducts.WeightGradient(rows, n, k, dy, ldy, _x, ldx, dw) with
            {
                Batch = groups,
                StrideC = (long)n * k,
                Groups = (int*)_offsets.Data,
                Grouping = GemmGrouping.Inner,
            });
            Gradients.EndWeight(_weights, dw);
        }
    }

    protected internal override void Recycle()
    {
        _x = _weights = _offsets = _y = default;
        NodePool<GroupedLinearNode>.Return(this);
    }
}
