using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static partial class Ops
{
    /// <summary>RMSNorm over the last dimension: x/√(mean x² + ε)·γ (arXiv 1910.07467).</summary>
    /// <param name="x">[.., D], F32 or BF16.</param>
    /// <param name="gamma">[D], F32 or BF16; a default handle for none.</param>
    public static Tensor RmsNorm(this Tensor x, Tensor gamma = default, float epsilon = 1e-5f) =>
        Norm(x, default, gamma, default, epsilon, center: false, nameof(RmsNorm)).Y;

    /// <summary>RMSNorm with the residual addition in the same pass: h = x + residual, y = RMSNorm(h)·γ.</summary>
    /// <param name="residual">The residual stream, shape and type of x.</param>
    /// <returns>h, the residual stream from here on, and y.</returns>
    public static (Tensor H, Tensor Y) RmsNorm(this Tensor x, Tensor residual, Tensor gamma, float epsilon = 1e-5f) =>
        Norm(x, residual, gamma, default, epsilon, center: false, nameof(RmsNorm));

    /// <summary>LayerNorm over the last dimension: (x − μ)/√(σ² + ε)·γ + β (arXiv 1607.06450).</summary>
    /// <param name="x">[.., D], F32 or BF16.</param>
    /// <param name="gamma">[D]; a default handle for ones.</param>
    /// <param name="beta">[D], type of gamma; a default handle for zeros.</param>
    public static Tensor LayerNorm(this Tensor x, Tensor gamma = default, Tensor beta = default, float epsilon = 1e-5f) =>
        Norm(x, default, gamma, beta, epsilon, center: true, nameof(LayerNorm)).Y;

    /// <summary>LayerNorm with the residual addition in the same pass: h = x + residual, y = LayerNorm(h)·γ + β.</summary>
    /// <returns>h, the residual stream from here on, and y.</returns>
    public static (Tensor H, Tensor Y) LayerNorm(this Tensor x, Tensor residual, Tensor gamma, Tensor beta, float epsilon = 1e-5f) =>
        Norm(x, residual, gamma, beta, epsilon, center: true, nameof(LayerNorm));

    private static unsafe (Tensor H, Tensor Y) Norm(Tensor x, Tensor residual, Tensor gamma, Tensor beta, float epsilon, bool center, string op)
    {
        RequireFloating(x, op, nameof(x));
        if (x.Shape.Rank == 0)
            throw new ArgumentException($"{op} normalises the last dimension; x is a scalar.");
        if (residual.Exists && (residual.Shape != x.Shape || residual.DType != x.DType))
            throw new ArgumentException($"{op} adds a residual of the shape and type of x; x is {x}, residual is {residual}.");
        RequireChannels(x, gamma, op, nameof(gamma));
        RequireChannels(x, beta, op, nameof(beta));
        if (gamma.Exists && beta.Exists && gamma.DType != beta.DType)
            throw new ArgumentException($"{op} takes gamma and beta of one type; gamma is {gamma}, beta is {beta}.");
        x = x.Contiguous();
        residual = residual.Exists ? residual.Contiguous() : default;
        StepScope scope = StepScope.Require();
        int rows = checked((int)x.Shape.Rows);
        Tensor y = scope.Allocate(x.Device, x.Shape, x.DType, op), h = residual.Exists ? scope.Allocate(x.Device, x.Shape, x.DType, op) : default;
        Tensor rstd = scope.Allocate(x.Device, new Shape(rows), DType.F32, op), mean = center ? scope.Allocate(x.Device, new Shape(rows), DType.F32, op) : default;
        var arguments = new NormForward
        {
            Type = x.DType,
            Rows = rows,
            Cols = x.Shape.Last,
            Epsilon = epsilon,
            X = x.Data,
            Residual = residual.Exists ? residual.Data : null,
            H = h.Exists ? h.Data : null,
            Y = y.Data,
            Gamma = gamma.Exists ? gamma.Data : null,
            Beta = beta.Exists ? beta.Data : null,
            WeightType = gamma.Exists ? gamma.DType : beta.Exists ? beta.DType : DType.F32,
            Mean = mean.Exists ? (float*)mean.Data : null,
            Rstd = (float*)rstd.Data,
        };
        if (center)
            x.Kernels.LayerNorm(arguments);
        else
            x.Kernels.RmsNorm(arguments);
        bool wanted = x.RequiresGrad || Wants(residual) || Wants(gamma) || Wants(beta);
        if (StepScope.Record<NormNode>(wanted) is { } node)
        {
            node.Begin(center, x, residual, h, gamma, beta, mean, rstd, y);
        }
        else
        {
            rstd.Release();
            if (mean.Exists)
                mean.Release();
        }
        return (h, y);
    }

    private static bool Wants(Tensor x) => x.Exists && x.RequiresGrad;

    private static void RequireChannels(Tensor x, Tensor weight, string op, string name)
    {
        if (!weight.Exists)
            return;
        RequireFloating(weight, op, name);
        if (weight.Shape.Rank != 1 || weight.Shape.Last != x.Shape.Last || !weight.IsContiguous)
            throw new ArgumentException($"{op} of x {x} needs {name} of shape [{x.Shape.Last}], contiguous; it is {weight}.");
    }
}
