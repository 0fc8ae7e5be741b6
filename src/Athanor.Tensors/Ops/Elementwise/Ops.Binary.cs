using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static partial class Ops
{
    private static readonly string[] BinaryNames = Enum.GetNames<BinaryFunction>();

    /// <summary>a + b under NumPy broadcasting; one floating type.</summary>
    public static Tensor Add(this Tensor a, Tensor b) => Binary(a, b, BinaryFunction.Add);

    /// <summary>a − b under NumPy broadcasting; one floating type.</summary>
    public static Tensor Subtract(this Tensor a, Tensor b) => Binary(a, b, BinaryFunction.Subtract);

    /// <summary>a·b elementwise under NumPy broadcasting; one floating type.</summary>
    public static Tensor Multiply(this Tensor a, Tensor b) => Binary(a, b, BinaryFunction.Multiply);

    /// <summary>a/b elementwise under NumPy broadcasting; one floating type.</summary>
    public static Tensor Divide(this Tensor a, Tensor b) => Binary(a, b, BinaryFunction.Divide);

    /// <summary>The smaller of each pair; NaN wins, equal operands share the gradient.</summary>
    public static Tensor Minimum(this Tensor a, Tensor b) => Binary(a, b, BinaryFunction.Minimum);

    /// <summary>The larger of each pair; NaN wins, equal operands share the gradient.</summary>
    public static Tensor Maximum(this Tensor a, Tensor b) => Binary(a, b, BinaryFunction.Maximum);

    /// <summary>A U8 mask, 1 where a &lt; b; broadcasts.</summary>
    public static Tensor Less(this Tensor a, Tensor b) => Compare(a, b, Comparison.Less);

    /// <summary>A U8 mask, 1 where a ≤ b; broadcasts.</summary>
    public static Tensor LessOrEqual(this Tensor a, Tensor b) => Compare(a, b, Comparison.LessOrEqual);

    /// <summary>A U8 mask, 1 where a &gt; b; broadcasts.</summary>
    public static Tensor Greater(this Tensor a, Tensor b) => Compare(a, b, Comparison.Greater);

    /// <summary>A U8 mask, 1 where a ≥ b; broadcasts.</summary>
    public static Tensor GreaterOrEqual(this Tensor a, Tensor b) => Compare(a, b, Comparison.GreaterOrEqual);

    /// <summary>A U8 mask, 1 where the elements are equal (NaN equals nothing); broadcasts.</summary>
    public static Tensor EqualTo(this Tensor a, Tensor b) => Compare(a, b, Comparison.Equal);

    /// <summary>A U8 mask, 1 where the elements differ; broadcasts.</summary>
    public static Tensor NotEqualTo(this Tensor a, Tensor b) => Compare(a, b, Comparison.NotEqual);

    /// <summary>mask ≠ 0 ? a : b, elementwise; mask is U8, all three broadcast; gradients go to the chosen side.</summary>
    public static unsafe Tensor Where(Tensor mask, Tensor a, Tensor b)
    {
        if (mask.DType != DType.U8)
            throw new ArgumentException($"Where takes a U8 mask; mask is {mask}. Make one with Less, Greater, EqualTo ….");
        RequireSameType(a, b, nameof(Where), nameof(a), nameof(b));
        Shape shape = BroadcastShapes(BroadcastShapes(a.Shape, b.Shape, nameof(Where)), mask.Shape, nameof(Where));
        Broadcast plan = Plan(shape, mask, a, b);
        Tensor y = StepScope.Require().Allocate(a.Device, shape, a.DType, nameof(Where));
        a.Kernels.Select(a.DType, (byte*)mask.Data, a.Data, b.Data, y.Data, plan);
        if (StepScope.Record<WhereNode>(a.RequiresGrad || b.RequiresGrad) is { } node)
            node.Begin(mask, a, b, y);
        return y;
    }

    private static unsafe Tensor Binary(Tensor a, Tensor b, BinaryFunction function)
    {
        string name = BinaryNames[(int)function];
        RequireSameType(a, b, name, nameof(a), nameof(b));
        Shape shape = BroadcastShapes(a.Shape, b.Shape, name);
        Broadcast plan = Plan(shape, a, b);
        Tensor y = StepScope.Require().Allocate(a.Device, shape, a.DType, name);
        a.Kernels.Binary(function, a.DType, a.Data, b.Data, y.Data, plan);
        if (StepScope.Record<BinaryNode>(a.RequiresGrad || b.RequiresGrad) is { } node)
            node.Begin(function, a, b, y);
        return y;
    }

    private static unsafe Tensor Compare(Tensor a, Tensor b, Comparison comparison)
    {
        RequireSameType(a, b, "Comparison", nameof(a), nameof(b));
        Shape shape = BroadcastShapes(a.Shape, b.Shape, "Comparison");
        Broadcast plan = Plan(shape, a, b);
        Tensor y = StepScope.Require().Allocate(a.Device, shape, DType.U8, "a mask");
        a.Kernels.Compare(comparison, a.DType, a.Data, b.Data, (byte*)y.Data, plan);
        return y;
    }

    /// <summary>The shape of an elementwise result: dimensions are matched from the last; an extent of 1 or a missing one repeats.</summary>
    internal static Shape BroadcastShapes(in Shape a, in Shape b, string op)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        Span<int> extents = stackalloc int[Shape.MaxRank];
        for (int d = 0; d < rank; d++)
        {
            int fromA = d < rank - a.Rank ? 1 : a[d - (rank - a.Rank)], fromB = d < rank - b.Rank ? 1 : b[d - (rank - b.Rank)];
            if (fromA != fromB && fromA != 1 && fromB != 1)
                throw new ArgumentException($"{op}: the shapes {a} and {b} do not broadcast; dimension {d - rank} is {fromA} and {fromB}. Extents must agree or be 1 (Reshape adds dimensions of 1).");
            extents[d] = fromA == 1 ? fromB : fromA;
        }
        return new Shape(extents[..rank]);
    }

    /// <summary>How the operands lie under a result of <paramref name="shape"/>.</summary>
    internal static Broadcast Plan(in Shape shape, Tensor a, Tensor b = default, Tensor c = default)
    {
        Span<long> sizes = stackalloc long[Shape.MaxRank], strides = stackalloc long[3 * Shape.MaxRank];
        int rank = shape.Rank;
        for (int d = 0; d < rank; d++)
            sizes[d] = shape[d];
        Lay(shape, a, strides);
        Lay(shape, b, strides[Shape.MaxRank..]);
        Lay(shape, c, strides[(2 * Shape.MaxRank)..]);
        return Broadcast.Plan(sizes[..rank], strides[..rank], strides.Slice(Shape.MaxRank, rank), strides.Slice(2 * Shape.MaxRank, rank));
    }

    private static void Lay(in Shape shape, Tensor operand, Span<long> strides)
    {
        for (int d = 0; d < shape.Rank; d++)
        {
            int own = operand.Exists ? d - (shape.Rank - operand.Shape.Rank) : -1;
            strides[d] = own < 0 || operand.Shape[own] == 1 ? 0 : operand.Strides[own];
        }
    }
}

public readonly partial struct Tensor
{
    public static Tensor operator +(Tensor a, Tensor b) => a.Add(b);
    public static Tensor operator -(Tensor a, Tensor b) => a.Subtract(b);
    public static Tensor operator *(Tensor a, Tensor b) => a.Multiply(b);
    public static Tensor operator /(Tensor a, Tensor b) => a.Divide(b);
    public static Tensor operator -(Tensor a) => a.Negate();
    public static Tensor operator +(Tensor a, float b) => a.Affine(1, b);
    public static Tensor operator +(float a, Tensor b) => b.Affine(1, a);
    public static Tensor operator -(Tensor a, float b) => a.Affine(1, -b);
    public static Tensor operator -(float a, Tensor b) => b.Affine(-1, a);
    public static Tensor operator *(Tensor a, float b) => a.Affine(b, 0);
    public static Tensor operator *(float a, Tensor b) => b.Affine(a, 0);
    public static Tensor operator /(Tensor a, float b) => a.Affine(1 / b, 0);
    public static Tensor operator /(float a, Tensor b) => a == 1 ? b.Reciprocal() : b.Reciprocal().Affine(a, 0);
}
