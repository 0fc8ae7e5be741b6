using Athanor.Tensors.Kernels;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Optimizer;

public sealed unsafe class AdamW8KernelTests
{
    [Fact]
    public void The_maps_are_those_of_the_paper()
    {
        double[] signed = DynamicMap.Signed, unsigned = DynamicMap.Unsigned;
        Assert.Equal(256, signed.Length);
        Assert.Equal(256, unsigned.Length);
        Assert.Equal(256, signed.Distinct().Count());
        Assert.Equal(256, unsigned.Distinct().Count());
        Assert.Equal((0, 1, 0, 1), (signed[127], signed[255], unsigned[0], unsigned[255]));
        Assert.Equal(-0.99296875, signed[0], 1e-12);
        Assert.Equal(0.55e-6, signed[128], 1e-18);
        Assert.Equal(0.325e-6, unsigned[1], 1e-18);
        Assert.Equal(0.775e-6, unsigned[2], 1e-18);
        for (int i = 0; i < 127; i++)
            Assert.Equal(-signed[i], signed[254 - i]);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(8)]
    [InlineData(4)]
    [InlineData(1)]
    public void Vector_code_decodes_every_code_and_encodes_to_the_nearest(int lanes)
    {
        if (lanes > Cpu.CpuFeatures.Lanes)
            return;
        Check(DynamicMap.Signed, signed: true);
        Check(DynamicMap.Unsigned, signed: false);

        void Check(double[] map, bool signed)
        {
            using TestBuffer codes = TestData.Zeros(256, DType.U8), values = TestData.Zeros(256, DType.F32), back = TestData.Zeros(256, DType.U8);
            for (int i = 0; i < 256; i++)
                codes[i] = i;
            Decode(codes, values, signed);
            for (int i = 0; i < 256; i++)
                Assert.Equal(map[i], values[i], 3e-7 * Math.Abs(map[i]));
            Encode(values, back, signed);
            Compare.SameBytes(back, codes);
            // Dense sweep over all decades: never farther from the number than the nearest entry, but for rounding.
            var random = new Random(7);
            for (int round = 0; round < 200; round++)
            {
                for (int i = 0; i < 256; i++)
                    values[i] = (float)((signed && random.Next(2) == 0 ? -1 : 1) * Math.Pow(10, -8 * random.NextDouble()));
                (values[0], values[1], values[2]) = (0, signed ? -1 : 1, 1e-20f);
                Encode(values, back, signed);
                for (int i = 0; i < 256; i++)
                {
                    double best = Math.Abs(map[DynamicMap.Encode(map, values[i])] - values[i]);
                    double actual = Math.Abs(map[(int)back[i]] - values[i]);
                    Assert.True(actual <= best + 1e-6 * Math.Abs(values[i]), $"{values[i]:R} became {map[(int)back[i]]:R}");
                }
            }
        }

        void Decode(TestBuffer codes, TestBuffer values, bool signed)
        {
            for (int i = 0; i < 256; i += lanes)
            {
                switch (lanes)
                {
                    case 16: DecodeAt<F512>(codes, values, signed, i); break;
                    case 8: DecodeAt<F256>(codes, values, signed, i); break;
                    case 4: DecodeAt<F128>(codes, values, signed, i); break;
                    default: DecodeAt<F1>(codes, values, signed, i); break;
                }
            }
        }

        void Encode(TestBuffer values, TestBuffer codes, bool signed)
        {
            for (int i = 0; i < 256; i += lanes)
            {
                switch (lanes)
                {
                    case 16: EncodeAt<F512>(values, codes, signed, i); break;
                    case 8: EncodeAt<F256>(values, codes, signed, i); break;
                    case 4: EncodeAt<F128>(values, codes, signed, i); break;
                    default: EncodeAt<F1>(values, codes, signed, i); break;
                }
            }
        }
    }

    private static void DecodeAt<V>(TestBuffer codes, TestBuffer values, bool signed, int i) where V : unmanaged, IVector<V>
    {
        DynamicTables tables = signed ? DynamicTables.Of<SignedMap>() : DynamicTables.Of<UnsignedMap>();
        byte* source = (byte*)codes.Pointer + i;
        V.Store(values.F32 + i, signed ? DynamicCodes.Decode<V, SignedMap>(source, &tables) : DynamicCodes.Decode<V, UnsignedMap>(source, &tables));
    }

    private static void EncodeAt<V>(TestBuffer values, TestBuffer codes, bool signed, int i) where V : unmanaged, IVector<V>
    {
        DynamicTables tables = signed ? DynamicTables.Of<SignedMap>() : DynamicTables.Of<UnsignedMap>();
        byte* target = (byte*)codes.Pointer + i;
        if (signed)
            DynamicCodes.Encode<V, SignedMap>(target, V.Load(values.F32 + i), &tables);
        else
            DynamicCodes.Encode<V, UnsignedMap>(target, V.Load(values.F32 + i), &tables);
    }

    private sealed class State : IDisposable
    {
        public State(int count)
        {
            int blocks = (int)AdamW8Kernel.Blocks(count);
            Buffers = new OptimizerBuffers(count, copy: true);
            First = TestData.Filled(count, DType.U8, 127);
            Second = TestData.Zeros(count, DType.U8);
            FirstScales = TestData.Zeros(blocks, DType.F32);
            SecondScales = TestData.Zeros(blocks, DType.F32);
        }

        public OptimizerBuffers Buffers { get; }
        public TestBuffer First { get; }
        public TestBuffer Second { get; }
        public TestBuffer FirstScales { get; }
        public TestBuffer SecondScales { get; }

        public void Step(CpuDevice device, long step, float scale = 1, bool zero = false, float learningRate = 1e-2f) => AdamW8Kernel.Run(device, new()
        {
            Master = Buffers.Master.F32,
            Gradient = Buffers.Gradient.F32,
            FirstCodes = (byte*)First.Pointer,
            SecondCodes = (byte*)Second.Pointer,
            FirstScales = FirstScales.F32,
            SecondScales = SecondScales.F32,
            Copy = Buffers.CopyPointer,
            Count = Buffers.Master.Length,
            Step = step,
            LearningRate = learningRate,
            Beta1 = 0.9f,
            Beta2 = 0.95f,
            Epsilon = 1e-8f,
            WeightDecay = 0.1f,
            GradientScale = scale,
            ZeroGradient = zero,
        });

        public void Dispose()
        {
            Buffers.Dispose();
            First.Dispose();
            Second.Dispose();
            FirstScales.Dispose();
            SecondScales.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void One_step_moves_the_weights_as_AdamW_does_and_rounds_the_moments_to_the_map(object device)
    {
        foreach (int count in (int[])[1, 13, 255, 256, 257, 1009])
        {
            using var state = new State(count);
            using var exact = new OptimizerBuffers(count, copy: false);
            float[] gradient = OptimizerBuffers.GradientOf(1, count);
            state.Buffers.SetGradient(gradient);
            exact.SetGradient(gradient);
            state.Step((CpuDevice)device, 1, 0.5f, zero: true);
            AdamWKernel.Run(TestDevices.Reference, new()
            {
                Master = exact.Master.F32,
                FirstMoment = exact.First.F32,
                SecondMoment = exact.Second.F32,
                Gradient = exact.Gradient.F32,
                Count = count,
                Step = 1,
                LearningRate = 1e-2f,
                Beta1 = 0.9f,
                Beta2 = 0.95f,
                Epsilon = 1e-8f,
                WeightDecay = 0.1f,
                GradientScale = 0.5f,
            });
            // From zero state the first step does not see the rounding at all.
            Compare.Close(state.Buffers.Master, exact.Master, 1e-6, 1e-8);
            for (int i = 0; i < count; i++)
            {
                int block = i / AdamW8Kernel.Block;
                // Half a step of the map is 0.7 % (signed) or 0.35 % of the scale in the top decade; relative to the number the widest gap
                // is between the two lowest levels, 0.55e-6 to 3.25e-6, with its middle at 1.9e-6.
                double m = DynamicMap.Signed[(int)state.First[i]] * state.FirstScales[block], v = DynamicMap.Unsigned[(int)state.Second[i]] * state.SecondScales[block];
                Assert.InRange(Math.Abs(m - exact.First[i]), 0, 0.0071 * state.FirstScales[block] + 1e-30);
                Assert.InRange(Math.Abs(v - exact.Second[i]), 0, 0.0036 * state.SecondScales[block] + 1e-30);
                Assert.InRange(Math.Abs(m - exact.First[i]), 0, 0.7106 * Math.Abs(exact.First[i]) + 2.8e-7 * state.FirstScales[block]);
                Assert.Equal(0f, state.Buffers.Gradient[i]);
                Assert.Equal(BFloat16.FromSingle(state.Buffers.Master[i]), state.Buffers.Copy!.Bf16[i]);
            }
        }
    }

    [Fact]
    public void Fifty_steps_of_vector_code_stay_with_the_reference()
    {
        const int count = 1500;
        using var reference = new State(count);
        for (int step = 1; step <= 50; step++)
        {
            reference.Buffers.SetGradient(OptimizerBuffers.GradientOf(step, count));
            reference.Step(TestDevices.Reference, step);
        }
        foreach (CpuDevice device in TestDevices.Fast)
        {
            using var state = new State(count);
            for (int step = 1; step <= 50; step++)
            {
                state.Buffers.SetGradient(OptimizerBuffers.GradientOf(step, count));
                state.Step(device, step);
            }
            // A number on the edge between two codes may fall to either side and carry on from there.
            double worst = 0, sum = 0;
            for (int i = 0; i < count; i++)
            {
                double difference = Math.Abs(state.Buffers.Master[i] - reference.Buffers.Master[i]);
                worst = Math.Max(worst, difference);
                sum += difference;
            }
            Assert.InRange(worst, 0, 5e-2);
            Assert.InRange(sum / count, 0, 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Linear_regression_ends_within_five_percent_of_the_full_precision_loss(object device)
    {
        const int features = 300, rows = 1024, steps = 120;
        using TestBuffer x = TestData.Normal(11, rows * features, DType.F32), truth = TestData.Normal(12, features, DType.F32);
        using TestBuffer noise = TestData.Normal(13, rows, DType.F32, 0.5);
        float[] target = new float[rows];
        for (int r = 0; r < rows; r++)
        {
            double y = noise[r];
            for (int f = 0; f < features; f++)
                y += x.F32[r * features + f] * truth.F32[f];
            target[r] = (float)y;
        }
        using var state = new State(features);
        using var full = new OptimizerBuffers(features, copy: false);
        double loss8 = 0, loss32 = 0;
        for (int step = 1; step <= steps; step++)
        {
            int first = step * 64 % rows;
            Gradient(state.Buffers.Master, state.Buffers, first);
            Gradient(full.Master, full, first);
            state.Step((CpuDevice)device, step, learningRate: 5e-2f);
            AdamWKernel.Run(TestDevices.Reference, new()
            {
                Master = full.Master.F32,
                FirstMoment = full.First.F32,
                SecondMoment = full.Second.F32,
                Gradient = full.Gradient.F32,
                Count = features,
                Step = step,
                LearningRate = 5e-2f,
                Beta1 = 0.9f,
                Beta2 = 0.95f,
                Epsilon = 1e-8f,
                WeightDecay = 0.1f,
                GradientScale = 1,
            });
        }
        loss8 = Loss(state.Buffers.Master);
        loss32 = Loss(full.Master);
        Assert.True(loss32 < 0.02 * features, $"the full-precision run did not learn: {loss32}");
        Assert.InRange(loss8 / loss32, 0.95, 1.05);

        void Gradient(TestBuffer w, OptimizerBuffers buffers, int first)
        {
            new Span<float>(buffers.Gradient.F32, features).Clear();
            for (int r = first; r < first + 64; r++)
            {
                float error = Error(w, r % rows);
                for (int f = 0; f < features; f++)
                    buffers.Gradient.F32[f] += error * x.F32[r % rows * features + f] / 64;
            }
        }

        float Error(TestBuffer w, int r)
        {
            float y = -target[r];
            for (int f = 0; f < features; f++)
                y += w.F32[f] * x.F32[r * features + f];
            return y;
        }

        double Loss(TestBuffer w)
        {
            double sum = 0;
            for (int r = 0; r < rows; r++)
                sum += Math.Pow(Error(w, r), 2);
            return sum / rows;
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void NaN_spreads_to_the_moments_of_its_block_and_no_further(object device)
    {
        using var state = new State(768);
        float[] gradient = OptimizerBuffers.GradientOf(1, 768);
        gradient[300] = float.NaN;
        state.Buffers.SetGradient(gradient);
        state.Step((CpuDevice)device, 1);
        Assert.Equal((false, true, false), (float.IsNaN(state.FirstScales[0]), float.IsNaN(state.FirstScales[1]), float.IsNaN(state.FirstScales[2])));
        for (int i = 0; i < 768; i++)
            Assert.Equal(i == 300, float.IsNaN(state.Buffers.Master[i]));
        state.Buffers.SetGradient(OptimizerBuffers.GradientOf(2, 768));
        state.Step((CpuDevice)device, 2);
        for (int i = 0; i < 768; i++)
            Assert.Equal(i is >= 256 and < 512, float.IsNaN(state.Buffers.Master[i]));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        foreach (CpuDevice device in TestDevices.Fast)
        {
            using State one = new(60_001), many = new(60_001);
            for (int step = 1; step <= 2; step++)
            {
                one.Buffers.SetGradient(OptimizerBuffers.GradientOf(step, 60_001));
                many.Buffers.SetGradient(OptimizerBuffers.GradientOf(step, 60_001));
                one.Step(TestDevices.WithThreads(device, 1), step);
                many.Step(TestDevices.WithThreads(device, 3), step);
            }
            Compare.SameBytes(many.Buffers.Master, one.Buffers.Master);
            Compare.SameBytes(many.First, one.First);
            Compare.SameBytes(many.Second, one.Second);
            Compare.SameBytes(many.FirstScales, one.FirstScales);
        }
    }
}
