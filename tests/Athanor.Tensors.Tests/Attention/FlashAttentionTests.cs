using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;
using Athanor.Tensors.Threading;
using FsCheck;
using FsCheck.Fluent;
using TestData = Athanor.Tensors.Tests.Testing.TestData;

namespace Athanor.Tensors.Tests.Attention;

public sealed unsafe class FlashAttentionTests
{
    private static readonly AttentionSetting[] Masks =
    [
        new() { Causal = true },
        new(),
        new() { Causal = true, Prefix = true },
        new() { Causal = true, Window = 9 },
        new() { Window = 5 },
        new() { Causal = true, Window = 17, Prefix = true },
        new() { Causal = true, Prefix = true, PrefixByQuery = true },
        new() { Causal = true, Prefix = true, PrefixByQuery = true, Segments = 25 },
        new() { Causal = true, Segments = 11 },
        new() { Segments = 30 },
        new() { Causal = true, Slopes = true },
        new() { Causal = true, SoftCap = 2 },
        new() { Slopes = true, SoftCap = 3, Window = 40, Segments = 60, Causal = true },
    ];

    public static TheoryData<CpuDevice, DType> Devices => TestDevices.FastAndFloating();

    /// <summary>Widths that share their code with the widest one: fewer cases keep the tests fast.</summary>
    private static bool Narrow(CpuDevice device) => device.Lanes < TestDevices.Fast[0].Lanes;

    [Theory]
    [MemberData(nameof(Devices))]
    internal void Every_mask_agrees_with_the_reference(CpuDevice device, DType type)
    {
        foreach (AttentionSetting mask in Masks)
        {
            int n = Narrow(device) ? 53 : 131;
            AttentionCase.Check(mask with { Batch = 2, Queries = n, Keys = n, QueryHeads = 2, KeyHeads = 2, HeadDim = 32 }, device, type);
            AttentionCase.Check(mask with { Queries = 37, Keys = n, Offset = n - 37, QueryHeads = 4, KeyHeads = 2, HeadDim = 16 }, device, type);
            AttentionCase.Check(mask with { Queries = 3, Keys = n, Offset = n - 3, QueryHeads = 4, KeyHeads = 2, HeadDim = 40 }, device, type);
            AttentionCase.Check(mask with { Queries = 3, Keys = n, Offset = n - 3, QueryHeads = 6, KeyHeads = 2, HeadDim = 96 }, device, type);
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    internal void Heads_that_share_keys_decode_together(CpuDevice device, DType type)
    {
        foreach ((int queries, int heads, int dim) in ((int, int, int)[])[(1, 3, 128), (2, 3, 32), (1, 2, 64)])
        {
            foreach (int keys in (int[])[6, 547])
            {
                AttentionCase.Check(new() { Queries = queries, Keys = keys, Offset = keys - queries, QueryHeads = 2 * heads, KeyHeads = 2, HeadDim = dim, Causal = true, Window = 536, Seed = keys },
                    device, type);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    internal void Every_head_dim_and_length_agrees_with_the_reference(CpuDevice device, DType type)
    {
        foreach (int dim in (int[])[1, 7, 64, 80, 128, 256])
        {
            foreach (int n in Narrow(device) ? (int[])[1, 33] : [1, 2, 31, 32, 33, 67])
                AttentionCase.Check(new() { Queries = n, Keys = n, HeadDim = dim, Causal = true, QueryHeads = 2, Seed = dim + n }, device, type);
        }
        if (Narrow(device))
            return;
        foreach (int n in (int[])[257, 300])
            AttentionCase.Check(new() { Queries = n, Keys = n, HeadDim = 64, Causal = true, Seed = n }, device, type);
        // Large enough to be stored past the caches on the tile path.
        if (device.Path == KernelPath.Amx && type == DType.BF16)
            AttentionCase.Check(new() { Batch = 5, Queries = 70, Keys = 70, QueryHeads = 26, KeyHeads = 26, HeadDim = 64, Causal = true }, device, type, gap: 64);
        AttentionCase.Check(new() { Queries = 5, Keys = 611, HeadDim = 96 }, device, type);
        AttentionCase.Check(new() { Queries = 150, Keys = 13, HeadDim = 64 }, device, type);
        AttentionCase.Check(new() { Queries = 1, Keys = 1301, HeadDim = 64, QueryHeads = 4, Causal = true, Offset = 1300 }, device, type);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    internal void Query_heads_share_key_heads(CpuDevice device, DType type)
    {
        foreach ((int hq, int hkv) in ((int, int)[])[(4, 1), (6, 2), (6, 3), (5, 5)])
            AttentionCase.Check(new() { Batch = 2, Queries = 67, Keys = 67, QueryHeads = hq, KeyHeads = hkv, HeadDim = 24, Causal = true }, device, type);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    internal void Random_settings_agree_with_the_reference(CpuDevice device, DType type)
    {
        Arbitrary<int> seeds = Gen.Choose(0, int.MaxValue - 10).ToArbitrary();
        Prop.ForAll(seeds, seed => AttentionCase.Check(RandomSetting(seed), device, type))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Narrow(device) ? 8 : 25).WithReplay(2026, 1121));
    }

    private static AttentionSetting RandomSetting(int seed)
    {
        var random = new Random(seed);
        int queries = 1 + random.Next(random.Next(2) == 0 ? 12 : 100), keys = random.Next(2) == 0 ? queries : 1 + random.Next(140), group = 1 + random.Next(3), hkv = 1 + random.Next(2);
        return new()
        {
            Seed = seed,
            Batch = 1 + random.Next(2),
            Queries = queries,
            Keys = keys,
            QueryHeads = group * hkv,
            KeyHeads = hkv,
            HeadDim = ((int[])[1, 3, 16, 32, 33, 64])[random.Next(6)],
            Causal = random.Next(2) == 0,
            Window = random.Next(3) == 0 ? 1 + random.Next(50) : 0,
            Offset = random.Next(2) == 0 ? Math.Max(0, keys - queries) : random.Next(10),
            Prefix = random.Next(3) == 0,
            PrefixByQuery = random.Next(2) == 0,
            Segments = random.Next(3) == 0 ? 1 + random.Next(40) : 0,
            Slopes = random.Next(3) == 0,
            SoftCap = random.Next(3) == 0 ? 1 + 4 * random.NextSingle() : 0,
        };
    }

    /// <summary>Masks against the definition, written once more without ranges: a softmax over all keys with −∞ at hidden ones.</summary>
    [Fact]
    public void The_reference_agrees_with_a_masked_softmax_over_all_keys()
    {
        foreach (AttentionSetting mask in Masks)
        {
            using var c = new AttentionCase(mask with { Batch = 2, Queries = 23, Keys = 29, Offset = 4, QueryHeads = 2, KeyHeads = 1, HeadDim = 8 }, DType.F32);
            c.Run(TestDevices.Reference, backward: false);
            AttentionArgs a = c.Args;
            for (int b = 0; b < 2; b++)
            {
                for (int h = 0; h < 2; h++)
                {
                    for (int i = 0; i < 23; i++)
                        CheckRow(a, b, h, i);
                }
            }
        }
    }

    private static void CheckRow(AttentionArgs a, int b, int h, int i)
    {
        int p = a.Offset + i;
        var weights = new double[a.KeyLength];
        double sum = 0;
        float* q = (float*)a.Q.At(b, i, h, 4);
        for (int j = 0; j < a.KeyLength; j++)
        {
            bool inside = (!a.Causal || j <= p) && (a.Window == 0 || Math.Abs(p - j) < a.Window);
            inside |= a.Prefix != null && j < a.Prefix[a.PrefixByQuery ? b * a.QueryLength + i : b];
            if (a.KeySegments != null)
            {
                // Test rows hold every id once, except padding.
                int id = a.QuerySegments[b * a.QueryLength + i];
                inside &= id >= 0 && a.KeySegments[b * a.KeyLength + j] == id && SameRun(a, b, p, j, id);
            }
            if (!inside)
                continue;
            float* k = (float*)a.K.At(b, j, h / 2, 4);
            double s = 0;
            for (int x = 0; x < a.HeadDim; x++)
                s += (double)q[x] * k[x];
            s *= a.Scale;
            if (a.SoftCap > 0)
                s = a.SoftCap * Math.Tanh(s / a.SoftCap);
            if (a.Slopes != null)
                s -= a.Slopes[h] * (p - j);
            weights[j] = Math.Exp(s);
            sum += weights[j];
        }
        float* o = (float*)a.O.At(b, i, h, 4);
        for (int x = 0; x < a.HeadDim; x++)
        {
            double expected = 0;
            for (int j = 0; j < a.KeyLength && sum > 0; j++)
                expected += weights[j] / sum * ((float*)a.V.At(b, j, h / 2, 4))[x];
            Assert.Equal(expected, o[x], 1e-5);
        }
    }

    private static bool SameRun(AttentionArgs a, int b, int p, int j, int id)
    {
        int* keys = a.KeySegments + b * a.KeyLength;
        int anchor = p;
        if (p >= a.KeyLength || keys[p] != id)
        {
            for (anchor = 0; anchor < a.KeyLength && keys[anchor] != id; anchor++)
            {
            }
        }
        for (int x = Math.Min(anchor, j); x <= Math.Max(anchor, j); x++)
        {
            if (keys[x] != id)
                return false;
        }
        return true;
    }

    [Fact]
    public void Reference_gradients_agree_with_finite_differences()
    {
        AttentionSetting[] settings =
        [
            new() { Queries = 7, Keys = 7, QueryHeads = 4, KeyHeads = 2, HeadDim = 5, Causal = true },
            new() { Queries = 6, Keys = 9, Offset = 3, QueryHeads = 2, KeyHeads = 1, HeadDim = 4, Causal = true, SoftCap = 1.5f, Slopes = true, Window = 4 },
            new() { Batch = 2, Queries = 8, Keys = 8, HeadDim = 3, Causal = true, Prefix = true, Segments = 4 },
            new() { Batch = 2, Queries = 8, Keys = 8, HeadDim = 3, Causal = true, Prefix = true, PrefixByQuery = true, Segments = 4 },
        ];
        foreach (AttentionSetting setting in settings)
        {
            using var c = new AttentionCase(setting, DType.F32);
            c.Run(TestDevices.Reference);
            for (int n = 0; n < c.Inputs.Length; n++)
            {
                for (long i = 0; i < c.Inputs[n].Length; i++)
                {
                    float gradient = c.Gradients[n][i], at = c.Inputs[n][i];
                    if (gradient == 7)
                        continue;
                    const float Step = 1f / 128;
                    c.Inputs[n][i] = at + Step;
                    float up = c.Inputs[n][i];
                    double above = Loss(c);
                    c.Inputs[n][i] = at - Step;
                    float down = c.Inputs[n][i];
                    double below = Loss(c);
                    c.Inputs[n][i] = at;
                    Assert.Equal((above - below) / ((double)up - down), gradient, 2e-4);
                }
            }
        }
    }

    /// <summary>Σ dO·O with O in double.</summary>
    private static double Loss(AttentionCase c)
    {
        AttentionArgs a = c.Args;
        // The reference places the segments itself; rows are asked for one by one here.
        int[] ranges = new int[a.Batch * a.QueryLength * 2];
        double sum = 0;
        double[] weights = new double[a.KeyLength], slopes = new double[a.KeyLength], output = new double[a.HeadDim];
        fixed (int* r = ranges)
        {
            if (a.QuerySegments != null)
            {
                AttentionMask.FillSegments(a, r);
                a.SegmentRanges = r;
            }
            for (int b = 0; b < a.Batch; b++)
            {
                for (int h = 0; h < a.QueryHeads; h++)
                {
                    for (int i = 0; i < a.QueryLength; i++)
                    {
                        FlashAttention.ReferenceRow(a, b, h, i, weights, slopes, output);
                        for (int x = 0; x < a.HeadDim; x++)
                            sum += output[x] * ((float*)a.OGrad.At(b, i, h, 4))[x];
                    }
                }
            }
        }
        return sum;
    }

    [Theory]
    [MemberData(nameof(Devices))]
    internal void Rows_without_a_visible_key_give_zeros(CpuDevice device, DType type)
    {
        // A window of the last 2 keys far behind the queries' positions: nobody sees anything.
        var setting = new AttentionSetting { Queries = 40, Keys = 40, Offset = 100, Causal = true, Window = 2, HeadDim = 32 };
        using var c = new AttentionCase(setting, type);
        c.Run(device);
        Assert.All(c.Lse.ToArray(), l => Assert.Equal(float.NegativeInfinity, l));
        AttentionArgs a = c.Args;
        for (int i = 0; i < 40; i++)
        {
            for (int x = 0; x < 32; x++)
            {
                Assert.Equal(0f, Read(a.O, type, i, x));
                Assert.Equal(0f, Read(a.QGrad, type, i, x));
                Assert.Equal(0f, Read(a.KGrad, type, i, x));
                Assert.Equal(0f, Read(a.VGrad, type, i, x));
            }
        }
    }

    private static float Read(AttentionOperand o, DType type, int i, int x)
    {
        byte* row = o.At(0, i, 0, type.Size());
        return type == DType.F32 ? ((float*)row)[x] : BFloat16.ToSingle(((ushort*)row)[x]);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    internal void Decoding_one_token_gives_the_row_of_the_whole_sequence(CpuDevice device, DType type)
    {
        const int N = 150;
        var setting = new AttentionSetting { Batch = 2, Queries = N, Keys = N, QueryHeads = 4, KeyHeads = 2, HeadDim = 64, Causal = true, Slopes = true };
        using var whole = new AttentionCase(setting, type);
        whole.Run(device, backward: false);
        foreach ((int at, int count) in ((int, int)[])[(0, 1), (77, 1), (N - 1, 1), (100, 4), (60, 33)])
        {
            AttentionArgs a = whole.Args;
            using TestBuffer o = TestData.Zeros((long)a.Batch * count * a.QueryHeads * a.HeadDim, type);
            a.Q.Pointer = a.Q.At(0, at, 0, type.Size());
            a.Offset = at;
            a.QueryLength = count;
            a.KeyLength = at + count;
            a.Lse = null;
            a.O = new(o.Pointer, (long)count * a.QueryHeads * a.HeadDim, a.QueryHeads * a.HeadDim, a.HeadDim);
            FlashAttention.Forward(device, a);
            using TestBuffer expected = TestData.Zeros(o.Length, type);
            for (int b = 0; b < a.Batch; b++)
            {
                for (int i = 0; i < count; i++)
                {
                    byte* row = whole.Args.O.At(b, at + i, 0, type.Size());
                    Buffer.MemoryCopy(row, (byte*)expected.Pointer + ((long)b * count + i) * a.QueryHeads * a.HeadDim * type.Size(), long.MaxValue, a.QueryHeads * a.HeadDim * type.Size());
                }
            }
            Compare.Close(o, expected, type == DType.F32 ? 1e-4 : 0.02, type == DType.F32 ? 1e-5 : 0.01, $"{device} {type} row {at}");
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    internal void Numbers_that_are_not_finite_reach_the_rows_that_see_them_and_no_far_ones(CpuDevice device, DType type)
    {
        const int N = 150;
        foreach (float bad in (float[])[float.NaN, float.PositiveInfinity])
        {
            for (int operand = 0; operand < 3; operand++)
            {
                using var c = new AttentionCase(new() { Batch = 2, Queries = N, Keys = N, QueryHeads = 2, KeyHeads = 2, HeadDim = 32, Causal = true }, type);
                AttentionArgs a = c.Args;
                AttentionOperand at = operand == 0 ? a.Q : operand == 1 ? a.K : a.V;
                byte* row = at.At(1, 100, 1, type.Size());
                for (int x = 0; x < 32; x++)
                {
                    if (type == DType.F32)
                        ((float*)row)[x] = bad;
                    else
                        ((ushort*)row)[x] = BFloat16.FromSingle(bad);
                }
                c.Run(device, backward: false);
                for (int b = 0; b < 2; b++)
                {
                    for (int h = 0; h < 2; h++)
                    {
                        for (int i = 0; i < N; i++)
                        {
                            byte* o = a.O.At(b, i, h, type.Size());
                            float value = type == DType.F32 ? *(float*)o : BFloat16.ToSingle(*(ushort*)o);
                            bool touched = b == 1 && h == 1 && (operand == 0 ? i == 100 : i >= 100);
                            if (touched && (float.IsNaN(bad) || operand == 2))
                                Assert.False(float.IsFinite(value), $"{device} {type} operand {operand} row {i} is {value}");
                            else if (b == 0 || h == 0 || i < 64 || (operand == 0 && i != 100))
                                Assert.True(float.IsFinite(value), $"{device} {type} operand {operand} row {i} is {value}");
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    internal void Results_do_not_depend_on_the_number_of_threads(CpuDevice device, DType type)
    {
        AttentionSetting[] settings =
        [
            new() { Batch = 2, Queries = 131, Keys = 131, QueryHeads = 4, KeyHeads = 2, Causal = true },
            new() { Queries = 300, Keys = 300, Causal = true, HeadDim = 32 },
            new() { Queries = 2, Keys = 2000, HeadDim = 32, QueryHeads = 2 },
        ];
        foreach (AttentionSetting setting in settings)
        {
            using var one = new AttentionCase(setting, type);
            one.Run(TestDevices.WithThreads(device, 1));
            foreach (int threads in (int[])[2, 5])
            {
                using var many = new AttentionCase(setting, type);
                many.Run(TestDevices.WithThreads(device, threads));
                Compare.SameBytes(many.Output, one.Output, "output");
                Compare.SameBytes(many.Lse, one.Lse, "log-sum-exp");
                for (int i = 0; i < one.Gradients.Length; i++)
                    Compare.SameBytes(many.Gradients[i], one.Gradients[i], "gradient");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    internal void A_call_allocates_no_managed_memory(CpuDevice device, DType type)
    {
        using var c = new AttentionCase(new() { Queries = 70, Keys = 70, QueryHeads = 2, KeyHeads = 1, Causal = true, Segments = 20 }, type);
        Steady.AllocatesNothing(() => c.Run(device));
    }

    [Theory]
    [MemberData(nameof(Devices))]
    internal void Scratch_grows_with_the_length_and_not_with_its_square(CpuDevice device, DType type)
    {
        if (Narrow(device))
            return;
        // 8192 × 8192 scores of one head would be 256 MB in fp32; the work itself is kept small by the window.
        const int N = 8192;
        CpuDevice single = TestDevices.WithThreads(device, 1);
        long bytes = 0;
        var thread = new Thread(() =>
        {
            using var c = new AttentionCase(new() { Queries = N, Keys = N, HeadDim = 32, Causal = true, Window = 40 }, type);
            long before = ThreadScratch.OfThisThread;
            c.Run(single);
            bytes = ThreadScratch.OfThisThread - before;
        });
        thread.Start();
        thread.Join();
        Assert.InRange(bytes, 1, 48L * N * 32 * 4);
    }
}
