using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Amx;
using Athanor.Tensors.Tests.Testing;
using FsCheck;
using FsCheck.Fluent;
using TestData = Athanor.Tensors.Tests.Testing.TestData;

namespace Athanor.Tensors.Tests.MatMul;

public sealed unsafe class GemmBf16Tests
{
    public static TheoryData<int, int, int> Sizes() => new()
    {
        { 1, 1, 1 }, { 1, 97, 64 }, { 1, 256, 33 }, { 2, 31, 7 }, { 17, 1, 129 }, { 31, 67, 1 }, { 32, 32, 32 }, { 33, 65, 31 },
        { 64, 200, 96 }, { 63, 100, 200 }, { 65, 64, 64 }, { 128, 96, 544 }, { 300, 320, 64 },
        { 257, 33, 1090 }, { 70, 40, 2100 }, { 5, 40, 1100 }, { 1030, 20, 32 },
    };

    [AmxTheory]
    [MemberData(nameof(Sizes))]
    public void A_product_is_right_in_all_transposes_and_outputs(int m, int n, int k)
    {
        foreach (bool transA in new[] { false, true })
        {
            foreach (bool transB in new[] { false, true })
            {
                foreach (DType output in new[] { DType.F32, DType.BF16 })
                {
                    using (var plain = new AmxProduct(m, n, k, transA, transB, output))
                        plain.Run().Check();
                    using (var padded = new AmxProduct(m, n, k, transA, transB, output, pad: 3, accumulate: true, bias: true))
                        padded.Run().Check();
                }
            }
        }
    }

    [AmxFact]
    public void Random_shapes_layouts_and_options_are_right()
    {
        var seeds = Gen.Choose(0, int.MaxValue - 1).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(seeds, seed =>
        {
            var random = new Random(seed);
            int Size(int most) => random.Next(3) == 0 ? 32 * random.Next(1, most / 32 + 1) : random.Next(1, most + 1);
            using var product = new AmxProduct(Size(200), Size(200), Size(random.Next(5) == 0 ? 1500 : 200), random.Next(2) == 0, random.Next(2) == 0,
                random.Next(2) == 0 ? DType.F32 : DType.BF16, random.Next(3) * 8, random.Next(2) == 0, random.Next(2) == 0, random.Next(3) == 0 ? -0.75f : 1, seed % 1000);
            product.Run().Check();
        }));
    }

    [AmxTheory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Large_results_that_leave_the_caches_are_right(DType output)
    {
        using var product = new AmxProduct(704, 1024, 64, false, true, output, accumulate: false, bias: true);
        product.Run().Check();
    }

    [AmxFact]
    public void No_k_leaves_the_bias_or_what_was_there()
    {
        using var bias = new AmxProduct(3, 40, 0, false, true, DType.F32, bias: true);
        bias.Run().Check();
        using var added = new AmxProduct(3, 40, 0, false, true, DType.BF16, accumulate: true);
        added.Run().Check();
        using var zeros = new AmxProduct(3, 40, 0, true, false, DType.BF16);
        zeros.Run().Check();
    }

    [AmxTheory]
    [MemberData(nameof(Sizes))]
    public void The_number_of_threads_changes_no_bit(int m, int n, int k)
    {
        foreach (bool transA in new[] { false, true })
        {
            foreach (bool transB in new[] { false, true })
            {
                using var product = new AmxProduct(m, n, k, transA, transB, DType.F32, accumulate: true);
                product.Run(new CpuDevice(threads: 1));
                using TestBuffer expected = product.C.Clone();
                foreach (int threads in new[] { 2, 3 })
                {
                    product.Restore();
                    product.Run(new CpuDevice(threads: threads));
                    Compare.SameBytes(product.C, expected);
                }
            }
        }
    }

    [AmxTheory]
    [InlineData(true, 1300)]
    [InlineData(true, 1312)]
    [InlineData(false, 1300)]
    public void A_row_does_not_change_with_the_rows_beside_it(bool transB, int k)
    {
        // The log-probability of a token is the same bits alone (decoding), in a small batch and in training.
        const int n = 200;
        using var whole = new AmxProduct(500, n, k, false, transB, DType.F32, bias: true);
        whole.Run();
        foreach (int m in new[] { 1, 2, 7, 16, 33, 64, 65, 130, 257 })
        {
            using var part = new AmxProduct(500, n, k, false, transB, DType.F32, bias: true);
            part.Args.M = m;
            part.Run();
            Assert.True(part.C.Bytes[..(m * n * 4)].SequenceEqual(whole.C.Bytes[..(m * n * 4)]), $"{m} rows");
        }
    }

    [AmxFact]
    public void B_packed_before_gives_the_same_bits()
    {
        foreach (int m in new[] { 1, 40, 300 })
        {
            foreach (bool transB in new[] { false, true })
            {
                using var product = new AmxProduct(m, 70, 1100, false, transB, DType.BF16, pad: 2, bias: true);
                product.Run().Check();
                using TestBuffer expected = product.C.Clone(), form = TestData.Zeros(PackedB.Bytes(70, 1100), DType.U8);
                product.Restore();
                PackedB packed = GemmBf16.Pack(AmxProduct.Device, product.Args.B, product.Args.Ldb, transB, DType.BF16, 70, 1100, (byte*)form.Pointer);
                product.Args.B = null;
                GemmBf16.Run(AmxProduct.Device, product.Args, packed);
                Compare.SameBytes(product.C, expected);
            }
        }
    }

    [AmxTheory]
    [InlineData(5, 40, 50, 64)]
    [InlineData(3, 256, 300, 320)]
    public void A_batch_is_its_products_one_by_one(int batch, int m, int n, int k)
    {
        foreach (bool transA in new[] { false, true })
        {
            using TestBuffer a = TestData.Uniform(1, (long)batch * m * k, DType.BF16), b = TestData.Uniform(2, (long)batch * n * k, DType.BF16);
            using TestBuffer together = TestData.Zeros((long)batch * m * n, DType.F32), apart = TestData.Zeros((long)batch * m * n, DType.F32);
            var args = new GemmArgs
            {
                M = m,
                N = n,
                K = k,
                A = a.Pointer,
                Lda = transA ? m : k,
                TransA = transA,
                B = b.Pointer,
                Ldb = n,
                InputType = DType.BF16,
                C = together.Pointer,
                Ldc = n,
                Batch = batch,
                StrideA = (long)m * k,
                StrideB = (long)n * k,
                StrideC = (long)m * n,
            };
            GemmBf16.Run(AmxProduct.Device, args);
            args.C = apart.Pointer;
            for (int i = 0; i < batch; i++)
                GemmBf16.Run(AmxProduct.Device, args.Item(i));
            Compare.SameBytes(together, apart);
        }
    }

    [AmxTheory]
    [InlineData(GemmGrouping.Rows)]
    [InlineData(GemmGrouping.Inner)]
    public void Groups_are_their_products_one_by_one(object grouping)
    {
        const int n = 70, k = 96;
        bool rows = (GemmGrouping)grouping == GemmGrouping.Rows;
        int[] offsets = [0, 5, 5, 130, 131, 260];
        int groups = offsets.Length - 1, tokens = offsets[^1];
        // Rows: Y[tokens, n] = X[tokens, k] · W_e[n, k]^T. Inner: dW_e[k, n] += X_e[tokens_e, k]^T · dY_e[tokens_e, n].
        using TestBuffer x = TestData.Uniform(1, (long)tokens * k, DType.BF16), second = TestData.Uniform(2, Math.Max((long)groups * n * k, (long)tokens * n), DType.BF16);
        using TestBuffer c = TestData.Zeros(Math.Max((long)groups * n * k, (long)tokens * n), DType.F32), expected = c.Clone();
        fixed (int* starts = offsets)
        {
            var args = new GemmArgs
            {
                M = rows ? -1 : k,
                N = n,
                K = rows ? k : -1,
                A = x.Pointer,
                Lda = k,
                TransA = !rows,
                B = second.Pointer,
                Ldb = rows ? k : n,
                TransB = rows,
                InputType = DType.BF16,
                C = c.Pointer,
                Ldc = n,
                Accumulate = !rows,
                Batch = groups,
                StrideB = rows ? n * k : 0,
                StrideC = rows ? 0 : n * k,
                Groups = starts,
                Grouping = (GemmGrouping)grouping,
            };
            GemmBf16.Run(AmxProduct.Device, args);
        }
        for (int g = 0; g < groups; g++)
        {
            for (int i = 0; i < (rows ? offsets[g + 1] - offsets[g] : k); i++)
            {
                for (int j = 0; j < n; j++)
                {
                    double sum = 0;
                    for (int t = rows ? 0 : offsets[g]; t < (rows ? k : offsets[g + 1]); t++)
                        sum += rows ? (double)x[(offsets[g] + i) * k + t] * second[((long)g * n + j) * k + t] : (double)x[t * k + i] * second[t * n + j];
                    expected[rows ? (offsets[g] + i) * n + j : ((long)g * k + i) * n + j] = (float)sum;
                }
            }
        }
        Compare.Close(c, expected, 1e-5, 1e-4);
    }

    [AmxFact]
    public void NaN_and_infinity_reach_their_row_and_nothing_else()
    {
        foreach (int m in new[] { 3, 70 })
        {
            using var product = new AmxProduct(m, 50, 100, false, true, DType.F32);
            product.A[2 * product.Args.Lda + 99] = float.NaN;
            product.A[product.Args.Lda + 5] = float.PositiveInfinity;
            product.Run();
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < 50; j++)
                {
                    float c = product.C[i * 50 + j];
                    if (i == 2)
                        Assert.True(float.IsNaN(c));
                    else if (i == 1)
                        Assert.Equal(product.Right(5, j) > 0 ? float.PositiveInfinity : float.NegativeInfinity, c);
                    else
                        Assert.True(float.IsFinite(c));
                }
            }
        }
    }

    [AmxFact]
    public void A_steady_state_allocates_nothing()
    {
        using var product = new AmxProduct(130, 100, 70, false, true, DType.BF16, bias: true);
        Steady.AllocatesNothing(() => product.Run());
    }

    [AmxFact]
    public void Results_stay_the_same_bits_beside_forced_collections()
    {
        using var product = new AmxProduct(400, 256, 600, false, true, DType.BF16);
        product.Run();
        using TestBuffer expected = product.C.Clone();
        bool stop = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                GC.Collect(0);
                Thread.Sleep(1);
            }
        });
        collector.Start();
        for (int round = 0; round < 60; round++)
        {
            product.Restore();
            product.Run();
            Compare.SameBytes(product.C, expected);
        }
        Volatile.Write(ref stop, true);
        collector.Join();
    }
}
