using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Arguments of softmax over the last dimension of [Rows, Cols]: z = Scale·x + mask, y = e^z / Σ e^z, or y = z − ln Σ e^z.
/// </summary>
internal unsafe struct SoftmaxArguments
{
    public DType Type;
    public long Rows, Cols;
    public float Scale;

    /// <summary>Input and result; they may be the same.</summary>
    public void* X, Y;

    /// <summary>fp32 [MaskRows, Cols], added; row r takes mask row r mod MaskRows. Null for none.</summary>
    public float* Mask;
    public long MaskRows;

    /// <summary>The logarithm of the softmax instead.</summary>
    public bool Log;

    /// <summary>Backward: from Y and DY; DX may be DY.</summary>
    public void* DY, DX;
}

/// <summary>Softmax and log-softmax with scale and additive mask. A row that is masked out entirely (all −∞) gives NaN.</summary>
internal static unsafe partial class SoftmaxKernel
{
    public static void Forward(CpuDevice device, in SoftmaxArguments a)
    {
        if (device.Path == KernelPath.Reference)
            ForwardReference(a);
        else
            ForwardSimd(device, a);
    }

    /// <summary>dx = Scale·y·(dy − Σ y·dy); for the logarithm dx = Scale·(dy − e^y·Σ dy).</summary>
    public static void Backward(CpuDevice device, in SoftmaxArguments a)
    {
        if (device.Path == KernelPath.Reference)
            BackwardReference(a);
        else
            BackwardSimd(device, a);
    }

    private static void ForwardReference(in SoftmaxArguments a)
    {
        Cells x = new(a.X, a.Type), y = new(a.Y, a.Type);
        for (long row = 0; row < a.Rows; row++)
        {
            double most = double.NegativeInfinity, sum = 0;
            for (long c = 0; c < a.Cols; c++)
                most = Math.Max(most, Score(a, x, row, c));
            for (long c = 0; c < a.Cols; c++)
                sum += Math.Exp(Score(a, x, row, c) - most);
            for (long c = 0; c < a.Cols; c++)
            {
                double z = Score(a, x, row, c) - most;
                // In place, this element is not read again; the maximum and the sum are done.
                y[row * a.Cols + c] = a.Log ? z - Math.Log(sum) : Math.Exp(z) / sum;
            }
        }
    }

    private static double Score(in SoftmaxArguments a, Cells x, long row, long c) =>
        a.Scale * x[row * a.Cols + c] + (a.Mask == null ? 0 : a.Mask[row % a.MaskRows * a.Cols + c]);

    private static void BackwardReference(in SoftmaxArguments a)
    {
        Cells y = new(a.Y, a.Type), dy = new(a.DY, a.Type), dx = new(a.DX, a.Type);
        for (long row = 0; row < a.Rows; row++)
        {
            double sum = 0;
            for (long i = row * a.Cols; i < (row + 1) * a.Cols; i++)
                sum += a.Log ? dy[i] : y[i] * dy[i];
            for (long i = row * a.Cols; i < (row + 1) * a.Cols; i++)
                dx[i] = a.Scale * (a.Log ? dy[i] - Math.Exp(y[i]) * sum : y[i] * (dy[i] - sum));
        }
    }
}
