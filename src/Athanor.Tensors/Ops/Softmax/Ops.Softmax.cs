using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static partial class Ops
{
    /// <summary>e^z / Σ e^z along a dimension, z = scale·x + mask. A row that is all −∞ gives NaN.</summary>
    /// <param name="mask">F32, added; its shape is the end of the shape of x (for the last dimension only). A default handle for none.</param>
    public static Tensor Softmax(this Tensor x, int dimension = -1, float scale = 1, Tensor mask = default) => Softmax(x, dimension, scale, mask, log: false);

    /// <summary>z − ln Σ e^z along a dimension, z = scale·x + mask.</summary>
    /// <param name="mask">F32, added; its shape is the end of the shape of x (for the last dimension only). A default handle for none.</param>
    public static Tensor LogSoftmax(this Tensor x, int dimension = -1, float scale = 1, Tensor mask = default) => Softmax(x, dimension, scale, mask, log: true);

    private static unsafe Tensor Softmax(Tensor x, int dimension, float scale, Tensor mask, bool log)
    {
        RequireFloating(x, nameof(Softmax), nameof(x));
        int at = x.Shape.Index(dimension), last = x.Shape.Rank - 1;
        if (mask.Exists)
            RequireMask(x, mask, at == last);
        if (at != last)
            return Softmax(x.Transpose(at, last), -1, scale, default, log).Transpose(at, last);
        x = x.Contiguous();
        Tensor y = StepScope.Require().Allocate(x.Device, x.Shape, x.DType, nameof(Softmax));
        x.Kernels.Softmax(new SoftmaxArguments
        {
            Type = x.DType,
            Rows = x.Shape.Rows,
            Cols = x.Shape.Last,
            Scale = scale,
            X = x.Data,
            Y = y.Data,
            Mask = mask.Exists ? (float*)mask.Data : null,
            MaskRows = mask.Exists ? mask.Shape.Rows : 1,
            Log = log,
        });
        if (StepScope.Record<SoftmaxNode>(x.RequiresGrad) is { } node)
            node.Begin(x, y, scale, log);
        return y;
    }

    private static void RequireMask(Tensor x, Tensor mask, bool lastDimension)
    {
        bool fits = lastDimension && mask.DType == DType.F32 && mask.IsContiguous && mask.Shape.Rank <= x.Shape.Rank && mask.Shape.Rank > 0;
        for (int d = 1; fits && d <= mask.Shape.Rank; d++)
            fits = mask.Shape[-d] == x.Shape[-d];
        if (!fits)
            throw new ArgumentException($"Softmax over the last dimension of x {x} takes a contiguous F32 mask whose shape is the end of that shape; mask is {mask}. Add other masks to x first.");
    }
}
