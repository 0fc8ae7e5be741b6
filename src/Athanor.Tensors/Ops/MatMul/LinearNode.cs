using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Linear layer: dX = dY·W, dW += dYᵀ·X, db += column sums of dY.</summary>
internal sealed unsafe class LinearNode : Node
{
    private Tensor _x, _weight, _bias, _y;

    public static Tensor Apply(Tensor x, Tensor weight, Tensor bias)
    {
        Check(x, weight, bias);
        x = RowsView.Of(x, out long ldx);
        weight = RowsView.Of(weight, out long ldw);
        StepScope scope = StepScope.Require();
        int n = weight.Shape[0], k = weight.Shape[1];
        Tensor y = scope.Allocate(x.Device, x.Shape.With(-1, n), x.DType, nameof(Ops.Linear));
        Tensor addend = bias;
        if (bias.Exists && (bias.DType != DType.F32 || !bias.IsContiguous))
        {
            addend = scope.Allocate(x.Device, bias.Shape, DType.F32, nameof(Ops.Linear));
            x.Kernels.Copy(addend.View, bias.View);
        }
        x.Kernels.MatMul(LinearProducts.Forward(checked((int)x.Shape.Rows), n, k, x, ldx, weight, ldw, y) with { Bias = bias.Exists ? (float*)addend.Data : null });
        if (addend != bias)
            addend.Release();
        if (StepScope.Record<LinearNode>(x.RequiresGrad || weight.RequiresGrad || Gradients.Wanted(bias)) is { } node)
        {
            node._x = weight.RequiresGrad ? node.Save(x) : x;
            node._weight = x.RequiresGrad ? node.Save(weight) : weight;
            node._bias = bias;
            node._y = node.Produces(y);
        }
        return y;
    }

    private static void Check(Tensor x, Tensor weight, Tensor bias)
    {
        if (x.DType != weight.DType || !x.DType.IsFloating())
            throw new ArgumentException($"Linear of x = {x} and weight = {weight}: both must be F32 or both BF16; convert one with To.");
        if (x.Shape.Rank < 1 || weight.Shape.Rank != 2 || x.Shape.Last != weight.Shape[1])
            throw new ArgumentException($"Linear of x = {x} and weight = {weight}: x must be […, K] and weight [N, K] with the same K; transpose the weight if it is [K, N].");
        if (bias.Exists && (bias.Shape.Rank != 1 || bias.Shape[0] != weight.Shape[0] || !bias.DType.IsFloating()))
            throw new ArgumentException($"Linear with weight = {weight} and bias = {bias}: the bias must be F32 or BF16 of shape [{weight.Shape[0]}].");
    }

    protected internal override void Backward()
    {
        TryStridedGradient(_y, out Tensor dy);
        dy = RowsView.Of(dy, out long ldy);
        int rows = checked((int)_y.Shape.Rows), n = _weight.Shape[0], k = _weight.Shape[1];
        IKernels kernels = _y.Kernels;
        RowsView.TryGet(_weight, out long ldw);
        if (Gradients.Wanted(_x))
        {
            Tensor dx = RowsView.NewGradient(_x, out long ldx);
            kernels.MatMul(LinearProducts.InputGradient(rows, n, k, dy, ldy, _weight, ldw, dx, ldx));
            Gradients.Add(_x, dx);
        }
        if (Gradients.Wanted(_weight))
        {
            Tensor dw = Gradients.BeginWeight(_weight);
            RowsView.TryGet(_x, out long ldx);
            kernels.MatMul(LinearProducts.WeightGradient(rows, n, k, dy, ldy, _x, ldx, dw));
            Gradients.EndWeight(_weight, dw);
        }
        if (Gradients.Wanted(_bias))
        {
            Tensor db = Gradients.BeginWeight(_bias);
            kernels.SumColumns(new ColumnSumArgs { X = dy.Data, Type = dy.DType, Rows = rows, Ld = ldy, Columns = n, Target = (float*)db.Data });
            Gradients.EndWeight(_bias, db);
        }
    }

    protected internal override void Recycle()
    {
        _x = _weight = _bias = _y = default;
        NodePool<LinearNode>.Return(this);
    }
}
