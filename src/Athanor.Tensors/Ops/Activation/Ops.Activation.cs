using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static partial class Ops
{
    /// <summary>SiLU: x·σ(x) (arXiv 1702.03118); any shape.</summary>
    public static Tensor Silu(this Tensor x) => Unary(x, UnaryFunction.Silu);

    /// <summary>GELU: x·Φ(x), exact by the error function or the tanh approximation (arXiv 1606.08415); any shape.</summary>
    public static Tensor Gelu(this Tensor x, bool tanh = false) => Unary(x, tanh ? UnaryFunction.GeluTanh : UnaryFunction.Gelu);

    /// <summary>max(x, 0); any shape.</summary>
    public static Tensor Relu(this Tensor x) => Unary(x, UnaryFunction.Relu);

    /// <summary>max(x, 0)² (arXiv 2109.08668); any shape.</summary>
    public static Tensor ReluSquared(this Tensor x) => Unary(x, UnaryFunction.ReluSquared);

    /// <summary>1/(1 + e^−x); any shape.</summary>
    public static Tensor Sigmoid(this Tensor x) => Unary(x, UnaryFunction.Sigmoid);

    /// <summary>Hyperbolic tangent; any shape.</summary>
    public static Tensor Tanh(this Tensor x) => Unary(x, UnaryFunction.Tanh);

    /// <summary>SwiGLU of a fused projection (arXiv 2002.05202): x [.., 2F], gate first, to SiLU(gate)·up [.., F].</summary>
    public static Tensor SwiGlu(this Tensor x) => GatedFused(x, GateFunction.Silu);

    /// <summary>GeGLU of a fused projection: x [.., 2F], gate first, to GELU(gate)·up [.., F].</summary>
    public static Tensor GeGlu(this Tensor x, bool tanh = false) => GatedFused(x, tanh ? GateFunction.GeluTanh : GateFunction.Gelu);

    /// <summary>ReGLU of a fused projection: x [.., 2F], gate first, to ReLU(gate)·up [.., F].</summary>
    public static Tensor ReGlu(this Tensor x) => GatedFused(x, GateFunction.Relu);

    /// <summary>SiLU(gate)·up of two tensors of one shape.</summary>
    public static Tensor SwiGlu(Tensor gate, Tensor up) => GatedPair(gate, up, GateFunction.Silu);

    /// <summary>GELU(gate)·up of two tensors of one shape.</summary>
    public static Tensor GeGlu(Tensor gate, Tensor up, bool tanh = false) => GatedPair(gate, up, tanh ? GateFunction.GeluTanh : GateFunction.Gelu);

    /// <summary>ReLU(gate)·up of two tensors of one shape.</summary>
    public static Tensor ReGlu(Tensor gate, Tensor up) => GatedPair(gate, up, GateFunction.Relu);

    private static unsafe Tensor GatedFused(Tensor x, GateFunction function)
    {
        RequireFloating(x, "A gated unit", nameof(x));
        if (x.Shape.Rank == 0 || x.Shape.Last % 2 != 0)
            throw new ArgumentException($"A gated unit over one tensor takes [.., 2F], gate and up side by side; x is {x}. Pass gate and up apart, or project to an even width.");
        x = x.Contiguous();
        int features = x.Shape.Last / 2;
        Tensor y = StepScope.Require().Allocate(x.Device, x.Shape.With(-1, features), x.DType, "a gated unit");
        x.Kernels.Gated(function, GatedNode.Arguments(x, default) with { Y = y.Data });
        if (StepScope.Record<GatedNode>(x.RequiresGrad) is { } node)
            node.Begin(function, x, default, y);
        return y;
    }

    private static unsafe Tensor GatedPair(Tensor gate, Tensor up, GateFunction function)
    {
        RequireSameType(gate, up, "A gated unit", nameof(gate), nameof(up));
        if (gate.Shape != up.Shape)
            throw new ArgumentException($"A gated unit takes gate and up of one shape; gate is {gate}, up is {up}.");
        gate = gate.WithEvenRows();
        up = up.WithEvenRows();
        Tensor y = StepScope.Require().Allocate(gate.Device, gate.Shape, gate.DType, "a gated unit");
        gate.Kernels.Gated(function, GatedNode.Arguments(gate, up) with { Y = y.Data });
        if (StepScope.Record<GatedNode>(gate.RequiresGrad || up.RequiresGrad) is { } node)
            node.Begin(function, gate, up, y);
        return y;
    }

    /// <summary>The tensor itself when its rows are contiguous and evenly spaced (a part of a split is), else a contiguous copy.</summary>
    internal static Tensor WithEvenRows(this Tensor x) => x.HasEvenRows(out _) ? x : x.Contiguous();

    /// <summary>Whether x is a matrix of contiguous rows a fixed number of elements apart.</summary>
    internal static bool HasEvenRows(this Tensor x, out long stride)
    {
        Shape shape = x.Shape;
        Strides strides = x.Strides;
        stride = shape.Rank < 2 ? shape.Last : strides[shape.Rank - 2];
        if (shape.Rank > 0 && shape.Last > 1 && strides[shape.Rank - 1] != 1)
            return false;
        for (int d = shape.Rank - 3; d >= 0; d--)
        {
            if (shape[d] > 1 && strides[d] != strides[d + 1] * shape[d + 1])
                return false;
        }
        return true;
    }
}
