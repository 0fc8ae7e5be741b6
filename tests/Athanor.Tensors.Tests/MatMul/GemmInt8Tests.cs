using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Amx;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.MatMul;

public sealed unsafe class GemmInt8Tests
{
    [AmxTheory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 300, 512)]
    [InlineData(33, 65, 129)]
    [InlineData(300, 64, 64)]
    [InlineData(97, 101, 1500)]
    [InlineData(4, 7, 0)]
    public void Sums_of_bytes_are_exact_and_scales_multiply_rows_and_columns(int m, int n, int k)
    {
        const int pad = 5;
        using TestBuffer a = TestData.Integers(1, (long)m * (k + pad), -128, 128, DType.I8), b = TestData.Integers(2, (long)n * (k + pad), -128, 128, DType.I8);
        using TestBuffer c = TestData.Zeros((long)m * n, DType.I32), scaled = TestData.Zeros((long)m * n, DType.F32);
        using TestBuffer rowScale = TestData.Uniform(3, m, DType.F32), columnScale = TestData.Uniform(4, n, DType.F32);
        var args = new GemmInt8Args
        {
            M = m,
            N = n,
            K = k,
            A = (sbyte*)a.Pointer,
            Lda = k + pad,
            B = (sbyte*)b.Pointer,
            Ldb = k + pad,
            C = c.Pointer,
            Ldc = n,
        };
        GemmInt8.Run(AmxProduct.Device, args);
        args.C = scaled.Pointer;
        args.RowScale = rowScale.F32;
        args.ColumnScale = columnScale.F32;
        GemmInt8.Run(AmxProduct.Device, args);
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                int sum = 0;
                for (int x = 0; x < k; x++)
                    sum += args.A[i * args.Lda + x] * args.B[j * args.Ldb + x];
                Assert.Equal(sum, c.I32[i * n + j]);
                Assert.Equal(sum * (rowScale[i] * columnScale[j]), scaled[i * n + j]);
            }
        }
    }

    [AmxFact]
    public void One_scale_without_the_other_is_refused()
    {
        float scale = 1;
        var args = new GemmInt8Args { M = 1, N = 1, K = 1, RowScale = &scale };
        Assert.Throws<ArgumentException>(() => GemmInt8.Run(AmxProduct.Device, args));
    }
}
