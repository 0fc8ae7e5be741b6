using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.MatMul;

/// <summary>Operands of one AMX product with padded rows (the pads of the inputs are NaN) and the check against sums in double.</summary>
internal sealed unsafe class AmxProduct : IDisposable
{
    public static readonly CpuDevice Device = new(CpuFeatures.Amx ? KernelPath.Amx : KernelPath.Simd);
    public GemmArgs Args;
    private readonly TestBuffer _a, _b, _c, _bias, _before;

    public AmxProduct(int m, int n, int k, bool transA, bool transB, DType output, int pad = 0, bool accumulate = false, bool bias = false, float alpha = 1, int seed = 1)
    {
        (int rowsA, int columnsA) = transA ? (k, m) : (m, k);
        (int rowsB, int columnsB) = transB ? (n, k) : (k, n);
        _a = Padded(seed, rowsA, columnsA, pad);
        _b = Padded(seed + 1, rowsB, columnsB, pad);
        _c = TestData.Uniform(seed + 2, (long)m * (n + pad), output);
        _bias = TestData.Uniform(seed + 3, n, DType.F32);
        _before = _c.Clone();
        Args = new GemmArgs
        {
            M = m,
            N = n,
            K = k,
            A = _a.Pointer,
            Lda = columnsA + pad,
            TransA = transA,
            B = _b.Pointer,
            Ldb = columnsB + pad,
            TransB = transB,
            InputType = DType.BF16,
            C = _c.Pointer,
            Ldc = n + pad,
            OutputType = output,
            Accumulate = accumulate,
            Bias = bias ? _bias.F32 : null,
            Alpha = alpha,
        };
    }

    public TestBuffer A => _a;
    public TestBuffer B => _b;
    public TestBuffer C => _c;

    public AmxProduct Run(CpuDevice? device = null)
    {
        GemmBf16.Run(device ?? Device, Args);
        return this;
    }

    public void Restore() => _before.Bytes.CopyTo(_c.Bytes);

    public double Right(int k, int j) => _b[Args.TransB ? j * Args.Ldb + k : k * Args.Ldb + j];

    /// <summary>fp32 within 1e-6 of Σ|a·b|, bf16 within half a unit in the last place besides; the pads of C are untouched.</summary>
    public void Check()
    {
        string what = $"{Args.M}x{Args.N}x{Args.K} {(Args.TransA ? 'T' : 'N')}{(Args.TransB ? 'T' : 'N')} -> {Args.OutputType}" +
            $"{(Args.Accumulate ? " +=" : "")}{(Args.Bias != null ? " bias" : "")} alpha {Args.Alpha} lda {Args.Lda}";
        float[] a = _a.ToArray(), b = _b.ToArray();
        (long rowA, long stepA) = Args.TransA ? (1, Args.Lda) : (Args.Lda, 1L);
        (long columnB, long stepB) = Args.TransB ? (Args.Ldb, 1L) : (1, Args.Ldb);
        for (int i = 0; i < Args.M; i++)
        {
            for (int j = 0; j < Args.N; j++)
            {
                double sum = 0, size = 0;
                for (int k = 0; k < Args.K; k++)
                {
                    double product = (double)a[i * rowA + k * stepA] * b[j * columnB + k * stepB];
                    sum += product;
                    size += Math.Abs(product);
                }
                long at = i * Args.Ldc + j;
                sum = sum * Args.Alpha + (Args.Bias != null ? _bias[j] : 0) + (Args.Accumulate ? _before[at] : 0);
                double tolerance = 1e-6 * (size * Math.Abs(Args.Alpha) + 2) + (Args.OutputType == DType.BF16 ? Math.Abs(sum) * 0.00391 : 0);
                if (!(Math.Abs(_c[at] - sum) <= tolerance))
                    Assert.Fail($"{what}: ({i}, {j}) is {_c[at]}, should be {sum} within {tolerance:G3}");
            }
            for (long at = i * Args.Ldc + Args.N; at < (i + 1) * Args.Ldc; at++)
                Assert.True(_c[at] == _before[at], $"{what}: a pad of row {i} was written");
        }
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _c.Dispose();
        _bias.Dispose();
        _before.Dispose();
    }

    private static TestBuffer Padded(int seed, int rows, int columns, int pad)
    {
        TestBuffer buffer = TestData.Uniform(seed, (long)rows * (columns + pad), DType.BF16);
        for (long i = 0; i < buffer.Length; i++)
        {
            if (i % (columns + pad) >= columns)
                buffer[i] = float.NaN;
        }
        return buffer;
    }
}
