using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Batched matrix product: dA = dY·op(B)ᵀ, dB = op(A)ᵀ·dY, summed over repeated dimensions in fp32.</summary>
internal sealed class MatMulNode : Node
{
    private Tensor _a, _b, _y;
    private bool _transposeA, _transposeB;

    public static Tensor Apply(Tensor a, Tensor b, bool transposeA, bool transposeB)
    {
        Span<int> extents = stackalloc int[Shape.MaxRank];
        int rank = Check(a, b, transposeA, transposeB, extents);
        if (!StridedProduct.Fits(a))
            a = a.Contiguous();
        if (!StridedProduct.Fits(b))
            b = b.Contiguous();
        Tensor y = StepScope.Require().Allocate(a.Device, new Shape(extents[..(rank + 2)]), a.DType, nameof(Ops.MatMul));
        int k = transposeA ? a.Shape[-2] : a.Shape[-1];
        StridedProduct.Run(a.Kernels, ProductOperand.Of(y, false, rank), ProductOperand.Of(a, transposeA, rank), ProductOperand.Of(b, transposeB, rank),
            extents[rank], extents[rank + 1], k, extents[..rank], accumulate: false);
        if (StepScope.Record<MatMulNode>(a.RequiresGrad || b.RequiresGrad) is { } node)
        {
            node._a = b.RequiresGrad ? node.Save(a) : a;
            node._b = a.RequiresGrad ? node.Save(b) : b;
            node._y = node.Produces(y);
            (node._transposeA, node._transposeB) = (transposeA, transposeB);
        }
        return y;
    }

    /// <summary>Writes the extents of the result and returns how many of them are the batch.</summary>
    private static int Check(Tensor a, Tensor b, bool transposeA, bool transposeB, Span<int> extents)
    {
        if (a.DType != b.DType || !a.DType.IsFloating())
            throw new ArgumentException($"MatMul of a = {a} and b = {b}: both must be F32 or both BF16; convert one with To.");
        Shape left = a.Shape, right = b.Shape;
        if (left.Rank < 2 || right.Rank < 2)
            throw new ArgumentException($"MatMul of a = {a} and b = {b}: both need at least two dimensions; Reshape the vector to a matrix with one row or column.");
        int inner = transposeA ? left[-2] : left[-1], other = transposeB ? right[-1] : right[-2];
        if (inner != other)
        {
            throw new ArgumentException($"MatMul of a = {a}{(transposeA ? " (transposed)" : "")} and b = {b}{(transposeB ? " (transposed)" : "")}: " +
                $"the inner extents {inner} and {other} differ; transpose one or pass transposeA or transposeB.");
        }
        int rank = Math.Max(left.Rank, right.Rank) - 2;
        for (int i = 0; i < rank; i++)
        {
            int fromEnd = i - rank - 2;
            int l = -fromEnd <= left.Rank ? left[fromEnd] : 1, r = -fromEnd <= right.Rank ? right[fromEnd] : 1;
            if (l != r && l != 1 && r != 1)
                throw new ArgumentException($"MatMul of a = {a} and b = {b}: the leading extents {l} and {r} differ; they must be equal or 1.");
            extents[i] = l == 1 ? r : l;
        }
        extents[rank] = transposeA ? left[-1] : left[-2];
        extents[rank + 1] = transposeB ? right[-2] : right[-1];
        return rank;
    }

    protected internal override void Backward()
    {
        TryStridedGradient(_y, out Tensor dy);
        if (!StridedProduct.Fits(dy))
            dy = dy.Contiguous();
        Shape shape = _y.Shape;
        Span<int> extents = stackalloc int[Shape.MaxRank];
        shape.CopyTo(extents);
        int rank = shape.Rank - 2, m = shape[-2], n = shape[-1], k = _transposeA ? _a.Shape[-2] : _a.Shape[-1];
        ProductOperand gradient = ProductOperand.Of(dy, false, rank);
        if (Gradients.Wanted(_a))
        {
            Tensor da = Begin(_a);
            StridedProduct.Run(da.Kernels, ProductOperand.Of(da, _transposeA, rank), gradient, ProductOperand.Of(_b, !_transposeB, rank), m, k, n, extents[..rank], Weight(_a));
            End(_a, da);
        }
        if (Gradients.Wanted(_b))
        {
            Tensor db = Begin(_b);
            StridedProduct.Run(db.Kernels, ProductOperand.Of(db, _transposeB, rank), ProductOperand.Of(_a, !_transposeA, rank), gradient, k, n, m, extents[..rank], Weight(_b));
            End(_b, db);
        }
    }

    // Parameters accumulate in fp32; so does an operand that the batch repeats, whose gradient is a sum.
    private static bool Weight(Tensor input) => input.State.Scope is null;

    private Tensor Begin(Tensor input)
    {
        if (Weight(input))
            return Gradients.BeginWeight(input);
        if (Repeated(input))
            return StepScope.Require().Allocate(input.Device, input.Shape, DType.F32, "a gradient");
        Tensor place = Gradients.New(input);
        return StridedProduct.Fits(place) ? place : Gradients.New(input, contiguous: true);
    }

    private static void End(Tensor input, Tensor gradient)
    {
        if (!Weight(input))
            Gradients.Add(input, gradient);
    }

    private bool Repeated(Tensor input)
    {
        long batch = 1, own = 1;
        for (int i = 0; i < _y.Shape.Rank - 2; i++)
            batch *= _y.Shape[i];
        for (int i = 0; i < input.Shape.Rank - 2; i++)
            own *= input.Shape[i];
        return own != batch;
    }

    protected internal override void Recycle()
    {
        _a = _b = _y = default;
        NodePool<MatMulNode>.Return(this);
    }
}
