namespace Athanor.Tensors.Kernels;

/// <summary>Per-channel vectors (weights of norms, biases) as fp32, whatever they are stored as: kernels then have one form.</summary>
internal static unsafe class SmallVectors
{
    /// <summary>
    /// The vector itself when it is fp32, else a widened copy in <paramref name="scratch"/> (<paramref name="n"/> numbers);
    /// a null vector gives <paramref name="n"/> times <paramref name="missing"/>.
    /// </summary>
    public static float* AsF32(void* vector, DType type, long n, float* scratch, float missing)
    {
        if (vector != null && type == DType.F32)
            return (float*)vector;
        var cells = new Cells(vector, type);
        for (long i = 0; i < n; i++)
            scratch[i] = vector == null ? missing : (float)cells[i];
        return scratch;
    }
}
