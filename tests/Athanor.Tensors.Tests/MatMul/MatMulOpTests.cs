using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.MatMul;

public sealed class MatMulOpTests
{
    private static readonly (int[] A, int[] B)[] Batches =
    [
        ([], []), ([3], [3]), ([3], []), ([], [3]), ([2, 3], [2, 3]), ([2, 3], [3]), ([2, 1], [1, 3]), ([1, 3], [2, 3]), ([2, 3], []),
    ];

    public static TheoryData<object, DType> Devices()
    {
        var data = new TheoryData<object, DType>();
        foreach (CpuDevice device in (IEnumerable<CpuDevice>)[TestDevices.Reference, .. TestDevices.Fast])
        {
            data.Add(device, DType.F32);
            data.Add(device, DType.BF16);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Products_and_gradients_are_those_of_plain_loops_for_all_batches_and_transposes(object target, DType type)
    {
        var device = (CpuDevice)target;
        const int m = 5, n = 7, k = 6;
        int seed = 0;
        foreach (var (batchA, batchB) in Batches)
        {
            for (int flags = 0; flags < 8; flags++)
            {
                bool transA = (flags & 1) != 0, transB = (flags & 2) != 0, views = (flags & 4) != 0;
                using var step = StepScope.Begin(device);
                Operand a = Operand.Leaf(device, ++seed, batchA, transA ? k : m, transA ? m : k, type, views);
                Operand b = Operand.Leaf(device, ++seed, batchB, transB ? n : k, transB ? k : n, type, views);
                Tensor y = Ops.MatMul(a.Seen, b.Seen, transA, transB);
                Tensor dy = Tensor.From(device, y.Shape, Numbers(++seed, y.Count), type);
                var plain = new PlainProduct(a, transA, b, transB, y.Shape, m, n, k, dy.ToArray());
                string what = $"{device} {type} {a.Seen.Shape}·{b.Seen.Shape} flags {flags}";
                Near(y.Keep().ToArray(), plain.Y, type, what);
                StepScope.Require().Backward(y, dy);
                Near(a.Gradient(), plain.GradientA, type, what + " da");
                Near(b.Gradient(), plain.GradientB, type, what + " db");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Linear_accumulates_fp32_gradients_of_weight_and_bias(object target, DType type)
    {
        var device = (CpuDevice)target;
        foreach (var (rows, n, k) in ((int, int, int)[])[(1, 1, 1), (6, 33, 17), (70, 20, 40), (600, 3, 5)])
        {
            foreach (bool withBias in (bool[])[false, true])
            {
                using var weight = new Parameter(device, "w", new Shape(n, k), type);
                using var bias = new Parameter(device, "b", new Shape(n), type);
                device.Upload(weight, Numbers(1, n * k));
                device.Upload(bias, Numbers(2, n));
                var dw = new double[n * k];
                var db = new double[n];
                for (int round = 0; round < 2; round++)
                {
                    using var step = StepScope.Begin(device);
                    // A part of a split: rows with gaps, and a gradient that is written in place.
                    Tensor whole = Tensor.From(device, new Shape(2, rows, k + 3), Numbers(3 + round, 2L * rows * (k + 3)), type, requiresGrad: true);
                    var parts = new Tensor[2];
                    whole.Split(2, [3, k], parts);
                    Tensor x = parts[1], y = Ops.Linear(x, weight, withBias ? bias : default(Tensor));
                    Tensor dy = Tensor.From(device, y.Shape, Numbers(9, y.Count), type);
                    float[] vx = x.ToArray(), vw = weight.Value.ToArray(), vb = bias.Value.ToArray(), g = dy.ToArray();
                    var expected = new double[y.Count];
                    var dx = new double[whole.Count];
                    for (int i = 0; i < 2 * rows; i++)
                    {
                        for (int j = 0; j < n; j++)
                        {
                            double sum = withBias ? vb[j] : 0;
                            for (int t = 0; t < k; t++)
                            {
                                sum += (double)vx[i * k + t] * vw[j * k + t];
                                dx[i * (k + 3) + 3 + t] += (double)g[i * n + j] * vw[j * k + t];
                                dw[j * k + t] += (double)g[i * n + j] * vx[i * k + t];
                            }
                            expected[i * n + j] = sum;
                            db[j] += withBias ? g[i * n + j] : 0;
                        }
                    }
                    Near(y.Keep().ToArray(), expected, type, $"{device} y");
                    StepScope.Require().Backward(y, dy);
                    Near(whole.Grad.ToArray(), dx, type, $"{device} dx");
                    Near(weight.Gradient.ToArray(), dw, DType.F32, $"{device} dw");
                    Near(bias.Gradient.ToArray(), db, DType.F32, $"{device} db");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Grouped_linear_is_a_linear_layer_per_group(object target, DType type)
    {
        var device = (CpuDevice)target;
        const int groups = 4, n = 9, k = 13, rows = 30;
        int[] offsets = [0, 7, 7, 8, rows];
        using var weights = new Parameter(device, "w", new Shape(groups, n, k), type);
        using var each = new Parameter(device, "v", new Shape(groups, n, k), type);
        device.Upload(weights, Numbers(1, groups * n * k));
        device.Upload(each, Numbers(1, groups * n * k));
        double[] expected, expectedDx;
        using (StepScope.Begin(device))
        {
            Tensor x = Tensor.From(device, new Shape(rows, k), Numbers(2, rows * k), type, requiresGrad: true);
            var parts = new List<Tensor>();
            for (int e = 0; e < groups; e++)
                parts.Add(Ops.Linear(x.Slice(0, offsets[e], offsets[e + 1] - offsets[e]), each.Value.Slice(0, e, 1).Reshape(n, k)));
            Tensor y = Ops.Concat(0, [.. parts]).Keep();
            StepScope.Require().Backward(y, Tensor.From(device, new Shape(rows, n), Numbers(3, rows * n), type));
            (expected, expectedDx) = (Doubles(y), Doubles(x.Grad));
        }
        using (StepScope.Begin(device))
        {
            Tensor x = Tensor.From(device, new Shape(rows, k), Numbers(2, rows * k), type, requiresGrad: true);
            Tensor y = Ops.GroupedLinear(x, weights, Tensor.From(device, new Shape(groups + 1), offsets)).Keep();
            StepScope.Require().Backward(y, Tensor.From(device, new Shape(rows, n), Numbers(3, rows * n), type));
            Near(y.ToArray(), expected, type, "y");
            Near(x.Grad.ToArray(), expectedDx, type, "dx");
            // Through slices the compared gradient is rounded to the type of the weights before it is accumulated.
            Near(weights.Gradient.ToArray(), Doubles(each.Gradient), type, "dw");
        }
    }

    [Fact]
    public void Gradients_agree_with_finite_differences()
    {
        var device = new CpuDevice();
        const int rows = 6, n = 5, k = 7;
        float[] x = Numbers(1, rows * k), w = Numbers(2, n * k), b = Numbers(3, n), seed = Numbers(4, rows * n);
        double Loss(ReadOnlySpan<double> xs, ReadOnlySpan<double> ws, ReadOnlySpan<double> bs)
        {
            double loss = 0;
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    double y = bs[j];
                    for (int t = 0; t < k; t++)
                        y += xs[i * k + t] * ws[j * k + t];
                    loss += seed[i * n + j] * y * y;
                }
            }
            return loss;
        }

        using var weight = new Parameter(device, "w", new Shape(n, k));
        using var bias = new Parameter(device, "b", new Shape(n));
        device.Upload(weight, w);
        device.Upload(bias, b);
        using var step = StepScope.Begin(device);
        Tensor leaf = Tensor.From(device, new Shape(rows, k), x, requiresGrad: true);
        Autograd.SquareSum.Of(Ops.Linear(leaf, weight, bias), seed).Backward();
        double[][] values = [[.. x.Select(v => (double)v)], [.. w.Select(v => (double)v)], [.. b.Select(v => (double)v)]];
        float[][] gradients = [leaf.Grad.ToArray(), weight.Gradient.ToArray(), bias.Gradient.ToArray()];
        for (int which = 0; which < 3; which++)
        {
            for (int i = 0; i < values[which].Length; i++)
            {
                double at = values[which][i];
                values[which][i] = at + 1e-4;
                double up = Loss(values[0], values[1], values[2]);
                values[which][i] = at - 1e-4;
                double down = Loss(values[0], values[1], values[2]);
                values[which][i] = at;
                Assert.Equal((up - down) / 2e-4, gradients[which][i], 1e-3);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Gradients_do_not_depend_on_the_number_of_threads(object target, DType type)
    {
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            CpuDevice device = TestDevices.WithThreads((CpuDevice)target, threads);
            using var weight = new Parameter(device, "w", new Shape(70, 40), type);
            using var bias = new Parameter(device, "b", new Shape(70), type);
            device.Upload(weight, Numbers(1, 2800));
            device.Upload(bias, Numbers(2, 70));
            using var step = StepScope.Begin(device);
            Tensor x = Tensor.From(device, new Shape(700, 40), Numbers(3, 28_000), type, requiresGrad: true);
            Tensor y = Ops.Linear(x, weight, bias);
            StepScope.Require().Backward(y, Tensor.From(device, y.Shape, Numbers(4, y.Count), type));
            float[] all = [.. x.Grad.ToArray(), .. weight.Gradient.ToArray(), .. bias.Gradient.ToArray()];
            first ??= all;
            Assert.True(all.AsSpan().SequenceEqual(first), $"{threads} threads");
        }
    }

    [Fact]
    public void Wrong_shapes_and_types_are_named()
    {
        var device = new CpuDevice();
        using var step = StepScope.Begin(device);
        Tensor a = Tensor.Zeros(device, new Shape(2, 3)), b = Tensor.Zeros(device, new Shape(4, 5)), half = Tensor.Zeros(device, new Shape(3, 5), DType.BF16);
        Named(() => Ops.MatMul(a, b), "[2, 3]", "[4, 5]", "inner");
        Named(() => Ops.MatMul(a, half), "F32[2, 3]", "BF16[3, 5]", "To");
        Named(() => Ops.MatMul(a, Tensor.Zeros(device, new Shape(3))), "[2, 3]", "[3]", "Reshape");
        Named(() => Ops.MatMul(Tensor.Zeros(device, new Shape(2, 2, 3)), Tensor.Zeros(device, new Shape(3, 3, 4))), "[2, 2, 3]", "[3, 3, 4]", "leading");
        Named(() => Ops.Linear(a, b), "[2, 3]", "[4, 5]", "transpose");
        Named(() => Ops.Linear(a, Tensor.Zeros(device, new Shape(6, 3)), Tensor.Zeros(device, new Shape(5))), "[6, 3]", "[5]", "[6]");
        Tensor weights = Tensor.Zeros(device, new Shape(2, 4, 3));
        Named(() => Ops.GroupedLinear(a, weights, Tensor.From(device, new Shape(2), [0, 2])), "[2, 4, 3]", "[2]", "[3]");
        Named(() => Ops.GroupedLinear(a, weights, Tensor.From(device, new Shape(3), [0, 2, 1])), "ascend", "1", "2");
        Named(() => Ops.GroupedLinear(a, weights, Tensor.From(device, new Shape(3), [0, 1, 1])), "[2, 3]", "0 to 2", "0 to 1");
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void A_step_allocates_no_managed_memory(object target, DType type)
    {
        var device = (CpuDevice)target;
        using var weight = new Parameter(device, "w", new Shape(20, 30), type);
        using var bias = new Parameter(device, "b", new Shape(20), type);
        using var experts = new Parameter(device, "e", new Shape(2, 10, 20), type);
        float[] values = Numbers(1, 8 * 30), gradient = Numbers(2, 8 * 8);
        int[] offsets = [0, 3, 8];
        Steady.AllocatesNothing(() =>
        {
            using var step = StepScope.Begin(device);
            Tensor x = Tensor.From(device, new Shape(8, 30), values, type, requiresGrad: true);
            Tensor h = Ops.GroupedLinear(Ops.Linear(x, weight, bias), experts, Tensor.From(device, new Shape(3), offsets));
            Tensor y = Ops.MatMul(h, h, transposeB: true);
            StepScope.Require().Backward(y, Tensor.From(device, y.Shape, gradient, type));
        });
    }

    private static void Named(Func<Tensor> call, params string[] parts)
    {
        string message = Assert.Throws<ArgumentException>(() => { call(); }).Message;
        foreach (string part in parts)
            Assert.Contains(part, message, StringComparison.Ordinal);
    }

    internal static float[] Numbers(int seed, long count)
    {
        using TestBuffer buffer = TestData.Normal(seed, count, DType.F32);
        return buffer.ToArray();
    }

    private static double[] Doubles(Tensor tensor) => [.. tensor.ToArray().Select(v => (double)v)];

    private static void Near(float[] actual, double[] expected, DType type, string what) =>
        Compare.Close([.. actual.Select(v => (double)v)], expected, Compare.Tolerance(type), type == DType.BF16 ? 0.05 : 1e-4, what);
}
