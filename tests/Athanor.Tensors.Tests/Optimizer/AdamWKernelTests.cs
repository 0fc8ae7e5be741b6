using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Optimizer;

public sealed unsafe class AdamWKernelTests
{
    private static AdamWArgs Arguments(OptimizerBuffers buffers, long step) => new()
    {
        Master = buffers.Master.F32,
        FirstMoment = buffers.First.F32,
        SecondMoment = buffers.Second.F32,
        Gradient = buffers.Gradient.F32,
        Copy = buffers.CopyPointer,
        Count = buffers.Master.Length,
        Step = step,
        LearningRate = 1e-2f,
        Beta1 = 0.9f,
        Beta2 = 0.95f,
        Epsilon = 1e-8f,
        WeightDecay = 0.1f,
        GradientScale = 1,
    };

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Fifty_steps_follow_the_double_trajectory(object device)
    {
        foreach (int count in (int[])[1, 3, 17, 64, 1009])
        {
            using var buffers = new OptimizerBuffers(count, copy: true);
            double[] w = new double[count], m = new double[count], v = new double[count];
            for (int i = 0; i < count; i++)
                w[i] = buffers.Master[i];
            for (int step = 1; step <= 50; step++)
            {
                float[] gradient = OptimizerBuffers.GradientOf(step, count);
                buffers.SetGradient(gradient);
                AdamWArgs args = Arguments(buffers, step);
                args.GradientScale = 0.5f;
                AdamWKernel.Run((CpuDevice)device, args);
                for (int i = 0; i < count; i++)
                {
                    double g = gradient[i] * 0.5;
                    m[i] = 0.9f * (double)m[i] + (1 - 0.9f) * (double)g;
                    v[i] = 0.95f * (double)v[i] + (1 - (double)0.95f) * g * g;
                    double root = Math.Sqrt(v[i] / (1 - Math.Pow(0.95f, step)));
                    w[i] -= 1e-2f * (double)0.1f * w[i];
                    w[i] -= 1e-2f * (m[i] / (1 - Math.Pow(0.9f, step))) / (root + 1e-8f);
                }
            }
            for (int i = 0; i < count; i++)
            {
                Near(w[i], buffers.Master[i], 3e-6, 3e-6);
                Near(m[i], buffers.First[i], 1e-5, 1e-6);
                Near(v[i], buffers.Second[i], 1e-5, 1e-9);
                Assert.Equal(BFloat16.FromSingle(buffers.Master[i]), buffers.Copy!.Bf16[i]);
            }
        }

        static void Near(double expected, double actual, double relative, double absolute) =>
            Assert.True(Math.Abs(expected - actual) <= absolute + relative * Math.Abs(expected), $"{actual:R} instead of {expected:R}");
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Two_steps_give_the_published_formula_by_hand(object device)
    {
        // β1 = β2 = 0.5, lr = 0.1, wd = 0.5, ε = 0, w = 2. Step 1, g = 3: m = 1.5, v = 4.5, both corrected by 0.5 to 3 and 9:
        // w = 2·0.95 - 0.1·3/3 = 1.8. Step 2, g = -1: m = 0.25, v = 2.75, corrected by 0.75 to 1/3 and 11/3:
        // w = 1.8·0.95 - 0.1·(1/3)/sqrt(11/3) = 1.71 - 0.017407766.
        using var buffers = new OptimizerBuffers(33, copy: false);
        for (int i = 0; i < 33; i++)
            buffers.Master[i] = 2;
        float[] gradients = [3, -1], expected = [1.8f, 1.6925922f];
        for (int step = 1; step <= 2; step++)
        {
            buffers.SetGradient(Enumerable.Repeat(gradients[step - 1], 33).ToArray());
            AdamWArgs args = Arguments(buffers, step);
            (args.Beta1, args.Beta2, args.LearningRate, args.WeightDecay, args.Epsilon) = (0.5f, 0.5f, 0.1f, 0.5f, 0);
            AdamWKernel.Run((CpuDevice)device, args);
            for (int i = 0; i < 33; i++)
                Assert.Equal(expected[step - 1], buffers.Master[i], 3e-7f);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void A_number_that_is_not_finite_stays_in_its_element_and_the_gradient_is_zeroed_on_request(object device)
    {
        using var buffers = new OptimizerBuffers(100, copy: true);
        using var clean = new OptimizerBuffers(100, copy: true);
        float[] gradient = OptimizerBuffers.GradientOf(1, 100);
        clean.SetGradient(gradient);
        (gradient[3], gradient[50], gradient[99]) = (float.NaN, float.PositiveInfinity, float.NaN);
        buffers.SetGradient(gradient);
        AdamWArgs args = Arguments(buffers, 1);
        args.ZeroGradient = true;
        AdamWKernel.Run((CpuDevice)device, args);
        AdamWKernel.Run((CpuDevice)device, Arguments(clean, 1));
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(0f, buffers.Gradient[i]);
            if (i is 3 or 50 or 99)
                Assert.True(float.IsNaN(buffers.Master[i]) && float.IsNaN(buffers.Copy![i]), $"element {i} is {buffers.Master[i]}");
            else
                Assert.Equal(clean.Master[i], buffers.Master[i]);
        }
        Assert.True(float.IsNaN(buffers.First[3]) && float.IsNaN(buffers.Second[99]));
        Assert.NotEqual(0f, clean.Gradient[0]);
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Moments_that_fade_become_zero_instead_of_subnormal(object device)
    {
        using var buffers = new OptimizerBuffers(19, copy: false);
        for (int i = 0; i < 19; i++)
            (buffers.First[i], buffers.Second[i]) = (-1.2e-38f, 1.2e-38f);
        AdamWKernel.Run((CpuDevice)device, Arguments(buffers, 100));
        for (int i = 0; i < 19; i++)
            Assert.Equal((0f, 0f), (buffers.First[i], buffers.Second[i]));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        foreach (CpuDevice device in TestDevices.Fast)
        {
            using var one = new OptimizerBuffers(100_003, copy: true);
            using var many = new OptimizerBuffers(100_003, copy: true);
            for (int step = 1; step <= 2; step++)
            {
                one.SetGradient(OptimizerBuffers.GradientOf(step, 100_003));
                many.SetGradient(OptimizerBuffers.GradientOf(step, 100_003));
                AdamWKernel.Run(TestDevices.WithThreads(device, 1), Arguments(one, step));
                AdamWKernel.Run(TestDevices.WithThreads(device, 3), Arguments(many, step));
            }
            Compare.SameBytes(many.Master, one.Master);
            Compare.SameBytes(many.First, one.First);
            Compare.SameBytes(many.Second, one.Second);
            Compare.SameBytes(many.Copy!, one.Copy!);
        }
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        using var buffers = new OptimizerBuffers(1000, copy: true);
        foreach (CpuDevice device in TestDevices.Fast)
            Steady.AllocatesNothing(() => AdamWKernel.Run(device, Arguments(buffers, 1)));
    }
}
