namespace Athanor.Tensors;

public static partial class Ops
{
    /// <summary>
    /// The matrix product over the last two dimensions: y[…, M, N] = a[…, M, K] · b[…, K, N]. Sums are fp32, rounded once to the type of
    /// the operands; views are multiplied as they lie where one of their last two dimensions is contiguous.
    /// </summary>
    /// <param name="a">F32 or BF16, at least two dimensions.</param>
    /// <param name="b">The same type; leading dimensions equal to those of <paramref name="a"/>, or 1 or missing (repeated).</param>
    /// <param name="transposeA"><paramref name="a"/> is [..., K, M].</param>
    /// <param name="transposeB"><paramref name="b"/> is [..., N, K].</param>
    /// <exception cref="ArgumentException">Types or shapes do not fit.</exception>
    public static Tensor MatMul(Tensor a, Tensor b, bool transposeA = false, bool transposeB = false) => MatMulNode.Apply(a, b, transposeA, transposeB);

    /// <summary>
    /// A linear layer: y[…, N] = x[…, K] · weight[N, K]ᵀ (+ bias[N]). The gradients of weight and bias are accumulated in fp32.
    /// </summary>
    /// <param name="x">F32 or BF16; leading dimensions are rows.</param>
    /// <param name="weight">[N, K], the type of <paramref name="x"/>.</param>
    /// <param name="bias">[N], F32 or BF16; a default handle for none.</param>
    /// <exception cref="ArgumentException">Types or shapes do not fit.</exception>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor bias = default) => LinearNode.Apply(x, weight, bias);

    /// <summary>
    /// One linear layer per group of rows, as in a mixture of experts: rows offsets[e] … offsets[e + 1] of x[R, K] are multiplied with
    /// weights[e]ᵀ, giving y[R, N].
    /// </summary>
    /// <param name="x">[R, K], rows sorted by group.</param>
    /// <param name="weights">[E, N, K], the type of <paramref name="x"/>.</param>
    /// <param name="offsets">I32 [E + 1], ascending from 0 to R; empty groups are legal.</param>
    /// <exception cref="ArgumentException">Types, shapes or offsets do not fit.</exception>
    public static Tensor GroupedLinear(Tensor x, Tensor weights, Tensor offsets) => GroupedLinearNode.Apply(x, weights, offsets);
}
