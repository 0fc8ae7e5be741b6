namespace Athanor.Tensors.Kernels;

/// <summary>Which dimension the groups of a grouped product cut, see <see cref="GemmArgs.Groups"/>.</summary>
internal enum GemmGrouping : byte
{
    /// <summary>Plain or batched product: every item has the same M, N and K.</summary>
    None,

    /// <summary>Item i does rows Groups[i] … Groups[i+1] of op(A) and C with its own B: mixture-of-experts forward and input gradient.</summary>
    Rows,

    /// <summary>Item i sums over k in Groups[i] … Groups[i+1] of A and B into its own C: mixture-of-experts weight gradient.</summary>
    Inner,
}

/// <summary>
/// A matrix product in row-major storage:
/// C[M,N] = Alpha · op(A)[M,K] · op(B)[K,N] + Bias[N] (+ C when <see cref="Accumulate"/>).
/// </summary>
/// <remarks>
/// Leading dimensions and strides count elements. K = 0 leaves the bias, or zeros. A, B and C do not overlap.
/// With M, N or a batch of 0 nothing is read or written.
/// </remarks>
internal unsafe struct GemmArgs
{
    public GemmArgs()
    {
    }

    public int M, N, K;

    /// <summary>[M, K] with rows <see cref="Lda"/> apart, or [K, M] when <see cref="TransA"/>.</summary>
    public void* A;
    public long Lda;
    public bool TransA;

    /// <summary>[K, N] with rows <see cref="Ldb"/> apart, or [N, K] when <see cref="TransB"/> (a Linear layer's weight).</summary>
    public void* B;
    public long Ldb;
    public bool TransB;

    /// <summary>Type of A and B: F32 or BF16.</summary>
    public DType InputType;

    /// <summary>[M, N] with rows <see cref="Ldc"/> apart.</summary>
    public void* C;
    public long Ldc;

    /// <summary>Type of C: F32 or BF16. Sums are fp32; bf16 is rounded once, at the end.</summary>
    public DType OutputType;

    /// <summary>Adds to C instead of overwriting it.</summary>
    public bool Accumulate;

    /// <summary>N fp32 numbers added to every row, or null.</summary>
    public float* Bias;

    /// <summary>Factor of the product (not of the bias).</summary>
    public float Alpha = 1;

    /// <summary>Products of the same shape; item i uses A + i·StrideA and so on. A stride of 0 shares the operand (not C).</summary>
    public int Batch = 1;
    public long StrideA, StrideB, StrideC;

    /// <summary>
    /// Batch + 1 ascending offsets when <see cref="Grouping"/> is not None. With Rows, M is ignored: item i starts Groups[i] rows into
    /// op(A) and C, and B moves by StrideB; with Inner, K is ignored: item i starts Groups[i] along k in A and B, and C moves
    /// by StrideC. Empty groups are legal.
    /// </summary>
    public int* Groups;
    public GemmGrouping Grouping;

    /// <summary>The i-th product of the batch or group list, as a single one.</summary>
    public readonly GemmArgs Item(int i)
    {
        GemmArgs item = this;
        long a = i * StrideA, b = i * StrideB, c = i * StrideC;
        if (Grouping != GemmGrouping.None)
        {
            long start = Groups[i];
            int count = Groups[i + 1] - Groups[i];
            if (Grouping == GemmGrouping.Rows)
            {
                item.M = count;
                a = TransA ? start : start * Lda;
                c = start * Ldc;
            }
            else
            {
                item.K = count;
                a = TransA ? start * Lda : start;
                b = TransB ? start : start * Ldb;
            }
        }
        item.A = (byte*)A + a * InputType.Size();
        item.B = (byte*)B + b * InputType.Size();
        item.C = (byte*)C + c * OutputType.Size();
        item.Batch = 1;
        item.StrideA = item.StrideB = item.StrideC = 0;
        item.Groups = null;
        item.Grouping = GemmGrouping.None;
        return item;
    }
}
