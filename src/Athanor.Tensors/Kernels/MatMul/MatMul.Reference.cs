namespace Athanor.Tensors.Kernels;

internal static unsafe partial class MatMulKernel
{
    /// <summary>Plain loops, sums in double, one rounding at the end: the oracle.</summary>
    private static void Reference(in GemmArgs g)
    {
        for (int i = 0; i < g.M; i++)
        {
            for (int j = 0; j < g.N; j++)
            {
                double sum = 0;
                for (int k = 0; k < g.K; k++)
                    sum += (double)Get(g.A, g.InputType, g.TransA ? k * g.Lda + i : i * g.Lda + k) * Get(g.B, g.InputType, g.TransB ? j * g.Ldb + k : k * g.Ldb + j);
                sum *= g.Alpha;
                if (g.Bias != null)
                    sum += g.Bias[j];
                long at = i * g.Ldc + j;
                if (g.Accumulate)
                    sum += Get(g.C, g.OutputType, at);
                if (g.OutputType == DType.F32)
                    ((float*)g.C)[at] = (float)sum;
                else
                    ((ushort*)g.C)[at] = BFloat16.FromSingle((float)sum);
            }
        }
    }

    private static float Get(void* data, DType type, long i) => type == DType.F32 ? ((float*)data)[i] : BFloat16.ToSingle(((ushort*)data)[i]);
}
