using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;
using FsCheck;
using FsCheck.Fluent;
using TestData = Athanor.Tensors.Tests.Testing.TestData;

namespace Athanor.Tensors.Tests.MatMul;

public sealed unsafe class MatMulKernelTests
{
    public static TheoryData<object, bool, bool> DevicesAndTransposes()
    {
        var data = new TheoryData<object, bool, bool>();
        foreach (CpuDevice device in (IEnumerable<CpuDevice>)[TestDevices.Reference, .. TestDevices.Fast])
        {
            foreach (bool a in (bool[])[false, true])
            {
                foreach (bool b in (bool[])[false, true])
                    data.Add(device, a, b);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(DevicesAndTransposes))]
    public void Agrees_with_a_double_sum_on_and_off_the_tile_grid(object device, bool transA, bool transB)
    {
        (int M, int N, int K)[] shapes =
        [
            (1, 1, 1), (1, 64, 300), (2, 33, 17), (3, 5, 7), (4, 257, 31), (7, 96, 513), (12, 32, 16), (13, 31, 33), (24, 64, 64), (61, 67, 71),
            (100, 1, 300), (97, 3, 40), (9, 8, 1), (16, 16, 259), (31, 130, 530),
        ];
        foreach (var (m, n, k) in shapes)
        {
            foreach (DType input in (DType[])[DType.F32, DType.BF16])
            {
                foreach (DType output in (DType[])[DType.F32, DType.BF16])
                {
                    using var plain = new GemmCase(m + n + k, m, n, k, transA, transB, input, output);
                    plain.Check((CpuDevice)device);
                    using var rich = new GemmCase(m * n + k, m, n, k, transA, transB, input, output, accumulate: true, bias: true, alpha: -0.75f, pad: 3);
                    rich.Check((CpuDevice)device, "bias, factor, sum");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(DevicesAndTransposes))]
    public void Agrees_on_shapes_that_need_every_blocking(object device, bool transA, bool transB)
    {
        if (((CpuDevice)device).Path == Cpu.KernelPath.Reference)
            return;
        // More rows than the second-level cache holds, more than one pass over K, and one pass with bf16 results.
        foreach (var (m, n, k) in ((int, int, int)[])[(1409, 70, 300), (150, 200, 700)])
        {
            using var wide = new GemmCase(m, m, n, k, transA, transB, DType.F32, DType.F32, accumulate: true);
            wide.Check((CpuDevice)device);
            using var narrow = new GemmCase(m, m, n, k, transA, transB, DType.BF16, DType.BF16, bias: true, pad: 5);
            narrow.Check((CpuDevice)device);
        }
        // Rows a multiple of 4096 bytes apart are turned another way.
        foreach (DType type in (DType[])[DType.F32, DType.BF16])
        {
            using var paged = new GemmCase(7, 37, 50, 2048, transA, transB, type, DType.F32);
            paged.Check((CpuDevice)device);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Random_shapes_agree(object device)
    {
        int seed = 20_261_121;
        Gen<(int M, int N, int K, int Flags)> cases =
            from m in Gen.Choose(1, 70) from n in Gen.Choose(1, 80) from k in Gen.Choose(0, 90) from flags in Gen.Choose(0, 127) select (m, n, k, flags);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            int f = c.Flags;
            using var product = new GemmCase(f, c.M, c.N, c.K, (f & 1) != 0, (f & 2) != 0, (f & 4) != 0 ? DType.BF16 : DType.F32,
                (f & 8) != 0 ? DType.BF16 : DType.F32, (f & 16) != 0, (f & 32) != 0, (f & 64) != 0 ? 0.5f : 1, f % 4);
            product.Check((CpuDevice)device, $"seed {seed}");
        }).Check(Config.QuickThrowOnFailure.WithReplay((ulong)seed, 1).WithMaxTest(60));
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void The_number_of_threads_does_not_change_a_bit(object device, DType type)
    {
        foreach (var (m, n, k) in ((int, int, int)[])[(1, 700, 600), (5, 257, 600), (200, 130, 300), (1500, 70, 300), (700, 2, 300)])
        {
            using var one = new GemmCase(1, m, n, k, false, true, type, type, bias: true);
            MatMulKernel.Run(TestDevices.WithThreads((CpuDevice)device, 1), one.Args);
            foreach (int threads in (int[])[2, 3, 5])
            {
                using var many = new GemmCase(1, m, n, k, false, true, type, type, bias: true);
                MatMulKernel.Run(TestDevices.WithThreads((CpuDevice)device, threads), many.Args);
                Compare.SameBytes(many.C, one.C, $"{m}x{n}x{k} with {threads} threads");
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void A_row_of_fp32_results_does_not_depend_on_the_other_rows(object device)
    {
        foreach (bool transB in (bool[])[false, true])
        {
            using var all = new GemmCase(3, 70, 100, 600, false, transB, DType.F32, DType.F32, bias: true);
            MatMulKernel.Run((CpuDevice)device, all.Args);
            foreach (var (row, rows) in ((int, int)[])[(0, 1), (33, 1), (10, 3), (64, 6)])
            {
                using var part = new GemmCase(3, 70, 100, 600, false, transB, DType.F32, DType.F32, bias: true);
                part.Args.A = (float*)part.Args.A + row * part.Args.Lda;
                part.Args.M = rows;
                MatMulKernel.Run((CpuDevice)device, part.Args);
                for (int i = 0; i < rows * 100; i++)
                    Assert.Equal(all.C[row * 100L + i], part.C[i]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Batches_take_every_item_with_its_strides(object device)
    {
        foreach (var (batch, m, n, k) in ((int, int, int, int)[])[(7, 9, 20, 11), (2, 40, 64, 33), (1, 3, 3, 3)])
        {
            foreach (DType type in (DType[])[DType.F32, DType.BF16])
            {
                using TestBuffer a = TestData.Normal(1, batch * m * k + 5 * batch, type), b = TestData.Normal(2, n * k, type);
                using TestBuffer c = TestData.Zeros(batch * m * n, DType.F32), each = TestData.Zeros(batch * m * n, DType.F32);
                var args = new GemmArgs
                {
                    M = m,
                    N = n,
                    K = k,
                    A = a.Pointer,
                    Lda = k,
                    B = b.Pointer,
                    Ldb = k,
                    TransB = true,
                    InputType = type,
                    C = c.Pointer,
                    Ldc = n,
                    OutputType = DType.F32,
                    Batch = batch,
                    StrideA = m * k + 5,
                    StrideB = 0,
                    StrideC = m * n,
                };
                MatMulKernel.Run((CpuDevice)device, args);
                for (int i = 0; i < batch; i++)
                {
                    GemmArgs item = args.Item(i);
                    item.C = each.F32 + i * m * n;
                    MatMulKernel.Run(TestDevices.Reference, item);
                }
                Compare.Close(c, each, 1e-4, 1e-4);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Groups_cut_rows_or_the_inner_dimension(object device)
    {
        int* groups = stackalloc int[6] { 0, 5, 5, 18, 19, 50 };
        const int experts = 5, rows = 50, n = 37, k = 41;
        foreach (DType type in (DType[])[DType.F32, DType.BF16])
        {
            using TestBuffer x = TestData.Normal(1, rows * k, type), w = TestData.Normal(2, experts * n * k, type), dy = TestData.Normal(3, rows * n, type);
            using TestBuffer y = TestData.Zeros(rows * n, DType.F32), dw = TestData.Filled(experts * n * k, DType.F32, 0.5f);
            MatMulKernel.Run((CpuDevice)device, new GemmArgs
            {
                N = n,
                K = k,
                M = rows,
                A = x.Pointer,
                Lda = k,
                B = w.Pointer,
                Ldb = k,
                TransB = true,
                InputType = type,
                C = y.Pointer,
                Ldc = n,
                OutputType = DType.F32,
                Batch = experts,
                StrideB = n * k,
                Groups = groups,
                Grouping = GemmGrouping.Rows,
            });
            MatMulKernel.Run((CpuDevice)device, new GemmArgs
            {
                M = n,
                N = k,
                K = rows,
                A = dy.Pointer,
                Lda = n,
                TransA = true,
                B = x.Pointer,
                Ldb = k,
                InputType = type,
                C = dw.Pointer,
                Ldc = k,
                OutputType = DType.F32,
                Accumulate = true,
                Batch = experts,
                StrideC = n * k,
                Groups = groups,
                Grouping = GemmGrouping.Inner,
            });
            for (int e = 0; e < experts; e++)
            {
                for (int i = groups[e]; i < groups[e + 1]; i++)
                {
                    for (int j = 0; j < n; j++)
                    {
                        double sum = 0;
                        for (int t = 0; t < k; t++)
                            sum += (double)x[i * k + t] * w[e * n * k + j * k + t];
                        Assert.Equal(sum, y[i * n + j], 1e-4);
                    }
                }
                for (int i = 0; i < n * k; i++)
                {
                    double sum = 0.5;
                    for (int t = groups[e]; t < groups[e + 1]; t++)
                        sum += (double)dy[t * n + i / k] * x[t * k + i % k];
                    Assert.Equal(sum, dw[e * n * k + i], 1e-4);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void A_sum_over_nothing_leaves_the_bias_or_zeros_or_the_old_values(object device)
    {
        foreach (bool accumulate in (bool[])[false, true])
        {
            foreach (bool bias in (bool[])[false, true])
            {
                using var product = new GemmCase(1, 5, 37, 0, false, true, DType.F32, DType.F32, accumulate, bias);
                product.Check((CpuDevice)device);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void NaN_and_infinity_reach_the_elements_they_touch_and_no_others(object device)
    {
        foreach (var (m, n, k) in ((int, int, int)[])[(3, 40, 50), (50, 70, 300), (40, 3, 33)])
        {
            foreach (DType type in (DType[])[DType.F32, DType.BF16])
            {
                using var product = new GemmCase(1, m, n, k, false, true, type, DType.F32);
                product.A[1 * k + 2] = float.NaN;
                product.A[2 * k + 3] = float.PositiveInfinity;
                for (int j = 0; j < n; j++)
                    product.B[j * k + 3] = 1;
                product.B[(n - 1) * k + 5] = float.NegativeInfinity;
                for (int i = 0; i < m; i++)
                    product.A[i * k + 5] = 1;
                MatMulKernel.Run((CpuDevice)device, product.Args);
                for (int i = 0; i < m; i++)
                {
                    for (int j = 0; j < n; j++)
                    {
                        float c = product.C[i * n + j];
                        bool last = j == n - 1;
                        if (i == 1 || (i == 2 && last))
                            Assert.Equal(float.NaN, c);
                        else if (i == 2 || last)
                            Assert.Equal(last ? float.NegativeInfinity : float.PositiveInfinity, c);
                        else
                            Assert.InRange(c, -1e6f, 1e6f);
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Allocates_no_managed_memory(object device, DType type)
    {
        using var product = new GemmCase(1, 70, 130, 300, false, true, type, type);
        using var batched = new GemmCase(1, 4, 8, 16, false, true, type, type);
        GemmArgs batch = batched.Args;
        (batch.Batch, batch.StrideA, batch.StrideC, batch.M) = (4, 16, 8, 1);
        Steady.AllocatesNothing(() =>
        {
            MatMulKernel.Run((CpuDevice)device, product.Args);
            MatMulKernel.Run((CpuDevice)device, batch);
        });
    }
}
