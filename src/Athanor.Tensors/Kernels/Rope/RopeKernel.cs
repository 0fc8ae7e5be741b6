using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Arguments of a rotary embedding over rows (tokens) of heads. Pair i of every head turns by the angle of (position, i):
/// (a, b) → (a·cos − b·sin, b·cos + a·sin). Half-split pairs are (x[i], x[i + R/2]), interleaved pairs (x[2i], x[2i + 1]).
/// </summary>
internal unsafe struct RopeArguments
{
    public DType Type;

    /// <summary>Tokens; row r is at X + r·XStride elements.</summary>
    public long Rows, XStride, YStride;

    /// <summary>Input and result. They may be the same; otherwise all <see cref="Width"/> columns of a row are written.</summary>
    public void* X, Y;

    /// <summary>Columns of a row: heads that turn come first, what follows (values of a fused QKV row) is copied.</summary>
    public long Width;
    public int Heads, HeadSize;

    /// <summary>R, even, at most HeadSize: the leading dimensions of each head that turn.</summary>
    public int Rotary;
    public bool Interleaved;

    /// <summary>fp32 [positions, R/2].</summary>
    public float* Cos, Sin;

    /// <summary>Position of each row, or null: then it is Offset + row mod Period.</summary>
    public int* Positions;
    public long Offset, Period;

    /// <summary>Turn by the negative angle: the gradient of a rotation.</summary>
    public bool Backward;
}

/// <summary>Rotary position embedding (Su et al. 2021, arXiv 2104.09864) on strided heads inside a fused QKV buffer, in one call.</summary>
internal static unsafe partial class RopeKernel
{
    public static void Rotate(CpuDevice device, in RopeArguments a)
    {
        if (device.Path == KernelPath.Reference)
            RotateReference(a);
        else
            RotateSimd(device, a);
    }

    /// <summary>
    /// Fills cos and sin [<paramref name="positions"/>, inverseFrequencies.Length]: angle = position / <paramref name="positionScale"/> · f,
    /// both tables times <paramref name="magnitude"/> (the attention factor of YaRN; 1 otherwise).
    /// </summary>
    public static void FillTables(float* cos, float* sin, long positions, ReadOnlySpan<double> inverseFrequencies, double positionScale, double magnitude)
    {
        for (long p = 0; p < positions; p++)
        {
            for (int i = 0; i < inverseFrequencies.Length; i++)
            {
                (double s, double c) = Math.SinCos(p / positionScale * inverseFrequencies[i]);
                cos[p * inverseFrequencies.Length + i] = (float)(c * magnitude);
                sin[p * inverseFrequencies.Length + i] = (float)(s * magnitude);
            }
        }
    }

    /// <summary>base^(−2i/R) for i in 0 … R/2 − 1.</summary>
    public static void FillInverseFrequencies(Span<double> target, double theta)
    {
        for (int i = 0; i < target.Length; i++)
            target[i] = Math.Pow(theta, -(double)i / target.Length);
    }

    /// <summary>
    /// ALiBi slopes (Press et al. 2022, arXiv 2108.12409): for n = 2^m heads the sequence 2^(−8/n), 2^(−16/n), …; otherwise those of the
    /// power of two below, then every second one of the power of two above.
    /// </summary>
    public static void FillAlibiSlopes(Span<float> slopes)
    {
        int n = slopes.Length, power = 1;
        while (power * 2 <= n)
            power *= 2;
        for (int i = 0; i < n; i++)
            slopes[i] = (float)(i < power ? Math.Pow(2, -8.0 * (i + 1) / power) : Math.Pow(2, -4.0 * (2 * (i - power) + 1) / power));
    }
}
