using Athanor.Tensors.Blocks;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class PackedLinearKernel
{
    /// <summary>Decodes every row and sums in double: the oracle.</summary>
    private static void Reference(PackedMatrix weight, in PackedLinearArgs a)
    {
        var values = new float[weight.Columns];
        for (int n = 0; n < weight.Rows; n++)
        {
            weight.DecodeRow(n, values);
            for (int m = 0; m < a.Rows; m++)
            {
                double sum = a.Bias == null ? 0 : a.Bias[n];
                for (int k = 0; k < values.Length; k++)
                    sum += values[k] * StoredScalar.Get(a.X, m * a.XStride + k, a.XType);
                StoredScalar.Set(a.Y, m * a.YStride + n, a.YType, sum);
            }
        }
    }
}
