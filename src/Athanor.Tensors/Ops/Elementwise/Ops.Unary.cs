using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static partial class Ops
{
    // Enum names as strings, made once: ToString would allocate on every call.
    private static readonly string[] Names = Enum.GetNames<UnaryFunction>();

    /// <summary>−x; any shape, F32 or BF16.</summary>
    public static Tensor Negate(this Tensor x) => Unary(x, UnaryFunction.Negate);

    /// <summary>e^x; any shape, F32 or BF16.</summary>
    public static Tensor Exp(this Tensor x) => Unary(x, UnaryFunction.Exp);

    /// <summary>Natural logarithm: −∞ at 0, NaN below.</summary>
    public static Tensor Log(this Tensor x) => Unary(x, UnaryFunction.Log);

    /// <summary>√x; NaN below 0.</summary>
    public static Tensor Sqrt(this Tensor x) => Unary(x, UnaryFunction.Sqrt);

    /// <summary>1/√x.</summary>
    public static Tensor Rsqrt(this Tensor x) => Unary(x, UnaryFunction.ReciprocalSqrt);

    /// <summary>1/x.</summary>
    public static Tensor Reciprocal(this Tensor x) => Unary(x, UnaryFunction.Reciprocal);

    /// <summary>|x|; the gradient at 0 is 0.</summary>
    public static Tensor Abs(this Tensor x) => Unary(x, UnaryFunction.Abs);

    /// <summary>x².</summary>
    public static Tensor Square(this Tensor x) => Unary(x, UnaryFunction.Square);

    /// <summary>x limited to [low, high]; the gradient passes inside and on the borders.</summary>
    public static Tensor Clamp(this Tensor x, float low, float high)
    {
        if (!(low <= high))
            throw new ArgumentException($"Clamp needs low ≤ high; they are {low} and {high}.");
        return Unary(x, UnaryFunction.Clamp, low, high);
    }

    /// <summary>x^exponent; negative bases only with integral exponents (else NaN).</summary>
    public static Tensor Pow(this Tensor x, float exponent) => exponent switch
    {
        2 => Unary(x, UnaryFunction.Square),
        0.5f => Unary(x, UnaryFunction.Sqrt),
        -0.5f => Unary(x, UnaryFunction.ReciprocalSqrt),
        -1 => Unary(x, UnaryFunction.Reciprocal),
        _ => Unary(x, UnaryFunction.Power, exponent),
    };

    /// <summary>scale·x + shift.</summary>
    public static Tensor Affine(this Tensor x, float scale, float shift) => Unary(x, UnaryFunction.Affine, scale, shift);

    internal static unsafe Tensor Unary(Tensor x, UnaryFunction function, float a = 0, float b = 0)
    {
        RequireFloating(x, Names[(int)function], "x");
        x = x.Contiguous();
        Tensor y = StepScope.Require().Allocate(x.Device, x.Shape, x.DType, Names[(int)function]);
        x.Kernels.Unary(function, x.DType, x.Data, y.Data, x.Count, a, b);
        if (StepScope.Record<UnaryNode>(x.RequiresGrad) is { } node)
            node.Begin(function, x, y, a, b);
        return y;
    }

    /// <summary>Gradients and arithmetic exist for F32 and BF16 only.</summary>
    internal static void RequireFloating(Tensor x, string op, string name)
    {
        if (!x.DType.IsFloating())
            throw new ArgumentException($"{op} computes on F32 and BF16; {name} is {x}. Convert it with To(DType.F32).");
    }

    internal static void RequireSameType(Tensor a, Tensor b, string op, string nameA, string nameB)
    {
        RequireFloating(a, op, nameA);
        if (a.DType != b.DType)
            throw new ArgumentException($"{op} takes operands of one type; {nameA} is {a}, {nameB} is {b}. Convert one with To(DType.{a.DType}).");
    }
}
