namespace Athanor.Tensors.Kernels;

/// <summary>A product with packed weights: Y [Rows, N] = X [Rows, K] · Wᵀ + Bias. Strides count elements; X and Y are F32 or BF16.</summary>
internal unsafe struct PackedLinearArgs
{
    public int Rows;
    public void* X;
    public long XStride;
    public DType XType;
    public void* Y;
    public long YStride;
    public DType YType;

    /// <summary>N numbers, or null.</summary>
    public float* Bias;
}
