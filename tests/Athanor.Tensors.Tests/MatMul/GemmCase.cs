using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.MatMul;

/// <summary>
/// One product of random numbers with padded rows; <see cref="Check"/> runs it and compares each element with a sum in double.
/// The pads hold NaN: reading one spoils the result, writing one is noticed.
/// </summary>
internal sealed unsafe class GemmCase : IDisposable
{
    public GemmArgs Args;
    public readonly TestBuffer A, B, C, Bias;
    private readonly TestBuffer _before;

    public GemmCase(int seed, int m, int n, int k, bool transA, bool transB, DType input, DType output, bool accumulate = false, bool bias = false, float alpha = 1, int pad = 0)
    {
        int rowsA = transA ? k : m, columnsA = transA ? m : k, rowsB = transB ? n : k, columnsB = transB ? k : n;
        A = Padded(seed, rowsA, columnsA, pad, input);
        B = Padded(seed + 1, rowsB, columnsB, pad, input);
        C = Padded(seed + 2, m, n, pad, output);
        Bias = TestData.Normal(seed + 3, n, DType.F32);
        _before = C.Clone();
        Args = new GemmArgs
        {
            M = m,
            N = n,
            K = k,
            A = A.Pointer,
            Lda = columnsA + pad,
            TransA = transA,
            B = B.Pointer,
            Ldb = columnsB + pad,
            TransB = transB,
            InputType = input,
            C = C.Pointer,
            Ldc = n + pad,
            OutputType = output,
            Accumulate = accumulate,
            Bias = bias ? Bias.F32 : null,
            Alpha = alpha,
        };
    }

    /// <summary>Runs the product; fp32 sums are within 1e-6 of Σ|a·b|; bf16 results within one unit in the last place of the exact one besides.</summary>
    public void Check(CpuDevice device, string what = "")
    {
        MatMulKernel.Run(device, Args);
        what = $"{what} {device} {Args.M}x{Args.N}x{Args.K} {(Args.TransA ? 'T' : 'N')}{(Args.TransB ? 'T' : 'N')} {Args.InputType}->{Args.OutputType}";
        // Columns of B in one piece, so that the check does not take longer than the test.
        var b = new double[(long)Args.N * Args.K];
        for (int j = 0; j < Args.N; j++)
        {
            for (int k = 0; k < Args.K; k++)
                b[(long)j * Args.K + k] = B[Args.TransB ? j * Args.Ldb + k : k * Args.Ldb + j];
        }
        var row = new double[Args.K];
        // Of large products every row of the first and last blocks and some in between.
        bool large = (long)Args.M * Args.N * Args.K > 1 << 20;
        for (int i = 0; i < Args.M; i++)
        {
            if (large && i > 16 && i < Args.M - 16 && i % 37 != 0)
                continue;
            for (int k = 0; k < Args.K; k++)
                row[k] = A[Args.TransA ? k * Args.Lda + i : i * Args.Lda + k];
            for (int j = 0; j < Args.N; j++)
                CheckElement(i, j, row, b.AsSpan(j * Args.K, Args.K), what);
        }
        for (long i = 0; i < C.Length; i++)
        {
            if (i % Args.Ldc >= Args.N && !float.IsNaN(C[i]))
                Assert.Fail($"{what}: the pad after row {i / Args.Ldc} was written.");
        }
    }

    private void CheckElement(int i, int j, ReadOnlySpan<double> a, ReadOnlySpan<double> b, string what)
    {
        long at = i * Args.Ldc + j;
        double sum = 0, size = 0;
        for (int k = 0; k < a.Length; k++)
        {
            double product = a[k] * b[k];
            sum += product;
            size += Math.Abs(product);
        }
        sum *= Args.Alpha;
        size *= Math.Abs(Args.Alpha);
        if (Args.Bias != null)
        {
            sum += Args.Bias[j];
            size += Math.Abs(Args.Bias[j]);
        }
        if (Args.Accumulate)
        {
            sum += _before[at];
            size += Math.Abs(_before[at]);
        }
        double allowed = 1e-6 * size + (Args.OutputType == DType.BF16 ? Math.Abs(sum) / 256 * 1.001 : 0) + 1e-30;
        double error = Math.Abs(C[at] - sum);
        if (!(error <= allowed))
            Assert.Fail($"{what}: [{i}, {j}] is {C[at]:R}, should be {sum:R} (error {error:G3}, allowed {allowed:G3}).");
    }

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        C.Dispose();
        Bias.Dispose();
        _before.Dispose();
    }

    private static TestBuffer Padded(int seed, int rows, int columns, int pad, DType type)
    {
        TestBuffer buffer = TestData.Normal(seed, (long)rows * (columns + pad), type);
        for (long i = 0; i < buffer.Length; i++)
        {
            if (i % (columns + pad) >= columns)
                buffer[i] = float.NaN;
        }
        return buffer;
    }
}
