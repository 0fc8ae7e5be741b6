using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Optimizer;

public sealed unsafe class LionAndSgdKernelTests
{
    private static LionArgs Lion(OptimizerBuffers buffers) => new()
    {
        Master = buffers.Master.F32,
        Momentum = buffers.First.F32,
        Gradient = buffers.Gradient.F32,
        Copy = buffers.CopyPointer,
        Count = buffers.Master.Length,
        LearningRate = 1e-3f,
        Beta1 = 0.9f,
        Beta2 = 0.99f,
        WeightDecay = 0.5f,
        GradientScale = 0.25f,
    };

    private static SgdArgs Sgd(OptimizerBuffers buffers, float momentum, bool nesterov) => new()
    {
        Master = buffers.Master.F32,
        Momentum = momentum > 0 ? buffers.First.F32 : null,
        Gradient = buffers.Gradient.F32,
        Copy = buffers.CopyPointer,
        Count = buffers.Master.Length,
        LearningRate = 1e-2f,
        MomentumFactor = momentum,
        WeightDecay = 0.01f,
        Nesterov = nesterov,
        GradientScale = 0.25f,
    };

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Lion_follows_the_double_trajectory_for_fifty_steps(object device)
    {
        foreach (int count in (int[])[1, 15, 67, 509])
        {
            using var buffers = new OptimizerBuffers(count, copy: true);
            double[] w = new double[count], m = new double[count];
            bool[] doubtful = new bool[count];
            for (int i = 0; i < count; i++)
                w[i] = buffers.Master[i];
            for (int step = 1; step <= 50; step++)
            {
                float[] gradient = OptimizerBuffers.GradientOf(step, count);
                buffers.SetGradient(gradient);
                LionKernel.Run((CpuDevice)device, Lion(buffers));
                for (int i = 0; i < count; i++)
                {
                    double g = gradient[i] * 0.25, c = 0.9f * m[i] + (1 - (double)0.9f) * g;
                    // Where c cancels almost to zero its sign is not decided by fp32.
                    doubtful[i] |= Math.Abs(c) < 1e-6 * Math.Abs(g);
                    w[i] = w[i] * (1 - 1e-3f * 0.5) - 1e-3f * Math.Sign(c);
                    m[i] = 0.99f * m[i] + (1 - (double)0.99f) * g;
                }
            }
            Assert.True(doubtful.Count(d => d) <= count / 100);
            for (int i = 0; i < count; i++)
            {
                if (!doubtful[i])
                    Assert.Equal(w[i], buffers.Master[i], 3e-6 * (1 + Math.Abs(w[i])));
                Assert.Equal(m[i], buffers.First[i], 1e-6 + 1e-5 * Math.Abs(m[i]));
                Assert.Equal(BFloat16.FromSingle(buffers.Master[i]), buffers.Copy!.Bf16[i]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Lion_does_not_move_without_a_gradient_and_carries_NaN(object device)
    {
        using var buffers = new OptimizerBuffers(37, copy: false);
        float[] before = buffers.Master.ToArray(), gradient = new float[37];
        gradient[20] = float.NaN;
        gradient[21] = float.NegativeInfinity;
        buffers.SetGradient(gradient);
        LionArgs args = Lion(buffers);
        args.WeightDecay = 0;
        args.ZeroGradient = true;
        LionKernel.Run((CpuDevice)device, args);
        for (int i = 0; i < 37; i++)
        {
            Assert.Equal(i == 20 ? float.NaN : i == 21 ? before[i] + 1e-3f : before[i], buffers.Master[i]);
            Assert.Equal(0f, buffers.Gradient[i]);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Sgd_follows_the_double_trajectory_for_fifty_steps(object device)
    {
        foreach ((float momentum, bool nesterov) in ((float, bool)[])[(0f, false), (0.9f, false), (0.9f, true)])
        {
            foreach (int count in (int[])[1, 15, 67, 509])
            {
                using var buffers = new OptimizerBuffers(count, copy: true);
                double[] w = new double[count], b = new double[count];
                for (int i = 0; i < count; i++)
                    w[i] = buffers.Master[i];
                for (int step = 1; step <= 50; step++)
                {
                    float[] gradient = OptimizerBuffers.GradientOf(step, count);
                    buffers.SetGradient(gradient);
                    SgdArgs args = Sgd(buffers, momentum, nesterov);
                    args.ZeroGradient = step == 50;
                    SgdKernel.Run((CpuDevice)device, args);
                    for (int i = 0; i < count; i++)
                    {
                        double g = gradient[i] * 0.25 + 0.01f * w[i];
                        b[i] = momentum * b[i] + g;
                        w[i] -= 1e-2f * (momentum == 0 ? g : nesterov ? g + momentum * b[i] : b[i]);
                    }
                }
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(w[i], buffers.Master[i], 1e-5 * (1 + Math.Abs(w[i])));
                    Assert.Equal(momentum == 0 ? 0 : b[i], buffers.First[i], 1e-5 * (1 + Math.Abs(b[i])));
                    Assert.Equal(BFloat16.FromSingle(buffers.Master[i]), buffers.Copy!.Bf16[i]);
                    Assert.Equal(0f, buffers.Gradient[i]);
                }
            }
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        foreach (CpuDevice device in TestDevices.Fast)
        {
            using var one = new OptimizerBuffers(100_003, copy: true);
            using var many = new OptimizerBuffers(100_003, copy: true);
            one.SetGradient(OptimizerBuffers.GradientOf(1, 100_003));
            many.SetGradient(OptimizerBuffers.GradientOf(1, 100_003));
            LionKernel.Run(TestDevices.WithThreads(device, 1), Lion(one));
            LionKernel.Run(TestDevices.WithThreads(device, 3), Lion(many));
            SgdKernel.Run(TestDevices.WithThreads(device, 1), Sgd(one, 0.9f, true));
            SgdKernel.Run(TestDevices.WithThreads(device, 3), Sgd(many, 0.9f, true));
            Compare.SameBytes(many.Master, one.Master);
            Compare.SameBytes(many.First, one.First);
            Compare.SameBytes(many.Copy!, one.Copy!);
        }
    }
}
