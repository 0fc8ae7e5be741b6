using System.Runtime.InteropServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Optimizer;

public sealed unsafe class MuonKernelTests
{
    private static readonly (int Rows, int Columns)[] Shapes = [(1, 1), (1, 13), (13, 1), (16, 32), (33, 17), (17, 33), (40, 100), (97, 41), (24, 24)];

    private static void Step(CpuDevice device, OptimizerBuffers buffers, int rows, int columns, float momentum = 0, bool nesterov = false, float weightDecay = 0, float learningRate = 1, float updateScale = 1, bool zero = false)
    {
        void* workspace = NativeMemory.AlignedAlloc((nuint)MuonKernel.WorkspaceBytes(rows, columns), 64);
        MuonKernel.Run(device, new MuonArgs
        {
            Master = buffers.Master.F32,
            Momentum = buffers.First.F32,
            Gradient = buffers.Gradient.F32,
            Copy = buffers.CopyPointer,
            Rows = rows,
            Columns = columns,
            LearningRate = learningRate,
            MomentumFactor = momentum,
            WeightDecay = weightDecay,
            GradientScale = 0.5f,
            UpdateScale = updateScale,
            Iterations = 5,
            Nesterov = nesterov,
            ZeroGradient = zero,
            Workspace = (byte*)workspace,
        });
        NativeMemory.AlignedFree(workspace);
    }

    /// <summary>The update alone: minus the weights after a step of size one from zero.</summary>
    private static double[,] Update(CpuDevice device, int rows, int columns)
    {
        using var buffers = new OptimizerBuffers(rows * columns, copy: false);
        new Span<float>(buffers.Master.F32, rows * columns).Clear();
        using TestBuffer gradient = TestData.Normal(3, rows * columns, DType.F32, 1e-3);
        buffers.SetGradient(gradient.ToArray());
        Step(device, buffers, rows, columns);
        var update = new double[rows, columns];
        for (int i = 0; i < rows * columns; i++)
            update[i / columns, i % columns] = -buffers.Master[i];
        return update;
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void The_update_is_five_iterations_of_the_published_polynomial(object device)
    {
        foreach ((int rows, int columns) in Shapes)
        {
            using TestBuffer gradient = TestData.Normal(3, rows * columns, DType.F32, 1e-3);
            var x = new double[rows, columns];
            double norm = Math.Sqrt(gradient.ToArray().Sum(g => (double)g * g)) * 0.5;
            for (int i = 0; i < rows * columns; i++)
                x[i / columns, i % columns] = gradient[i] * 0.5 / (norm + 1e-7);
            for (int i = 0; i < 5; i++)
            {
                double[,] gram = Product(x, Transposed(x)), square = Product(gram, gram);
                for (int r = 0; r < rows; r++)
                {
                    for (int c = 0; c < rows; c++)
                        gram[r, c] = -4.7750 * gram[r, c] + 2.0315 * square[r, c] + (r == c ? 3.4445 : 0);
                }
                x = Product(gram, x);
            }
            double[,] update = Update((CpuDevice)device, rows, columns);
            double error = 0, size = 0;
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns; c++)
                {
                    error += Math.Pow(update[r, c] - x[r, c], 2);
                    size += x[r, c] * x[r, c];
                }
            }
            // bf16 products keep about two digits each; the iteration does not amplify their errors much.
            Assert.InRange(Math.Sqrt(error / size), 0, ((CpuDevice)device).Path == KernelPath.Amx ? 0.03 : 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Singular_values_of_the_update_are_near_one(object device)
    {
        foreach ((int rows, int columns) in ((int, int)[])[(1, 13), (13, 1), (16, 32), (40, 100), (97, 41)])
        {
            double[] values = SingularValues(Update((CpuDevice)device, rows, columns));
            Assert.InRange(values.Min(), 0.65, 1.25);
            Assert.InRange(values.Max(), 0.65, 1.25);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Momentum_decay_scale_and_copy_enter_as_the_formula_says(object device)
    {
        const int Rows = 5, Columns = 9;
        using var buffers = new OptimizerBuffers(Rows * Columns, copy: true);
        double[] m = new double[Rows * Columns];
        for (int step = 1; step <= 4; step++)
        {
            float[] gradient = OptimizerBuffers.GradientOf(step, Rows * Columns), before = buffers.Master.ToArray();
            buffers.SetGradient(gradient);
            Step((CpuDevice)device, buffers, Rows, Columns, momentum: 0.9f, nesterov: true, weightDecay: 0.5f, learningRate: 0.1f, updateScale: 3, zero: true);

            // The same update from a fresh start: give the kernel 2·U as the gradient, so that its scale of 0.5 makes it U.
            using var alone = new OptimizerBuffers(Rows * Columns, copy: false);
            float[] update = new float[Rows * Columns];
            for (int i = 0; i < update.Length; i++)
            {
                double g = gradient[i] * 0.5;
                m[i] = 0.9f * m[i] + (1 - (double)0.9f) * g;
                update[i] = (float)(2 * ((1 - (double)0.9f) * g + 0.9f * m[i]));
            }
            new Span<float>(alone.Master.F32, update.Length).Clear();
            alone.SetGradient(update);
            Step((CpuDevice)device, alone, Rows, Columns);
            for (int i = 0; i < update.Length; i++)
            {
                Assert.Equal(m[i], buffers.First[i], 1e-5 * Math.Abs(m[i]) + 1e-7);
                Assert.Equal(before[i] * (1 - 0.1f * 0.5f) + 0.1f * 3 * alone.Master[i], buffers.Master[i], ((CpuDevice)device).Path == KernelPath.Amx ? 0.01f : 1e-4f);
                Assert.Equal(BFloat16.FromSingle(buffers.Master[i]), buffers.Copy!.Bf16[i]);
                Assert.Equal(0f, buffers.Gradient[i]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void No_gradient_moves_nothing_and_NaN_takes_the_whole_matrix(object device)
    {
        using var buffers = new OptimizerBuffers(12, copy: false);
        float[] before = buffers.Master.ToArray();
        Step((CpuDevice)device, buffers, 3, 4);
        Assert.Equal(before, buffers.Master.ToArray());
        float[] gradient = OptimizerBuffers.GradientOf(1, 12);
        gradient[7] = float.NaN;
        buffers.SetGradient(gradient);
        Step((CpuDevice)device, buffers, 3, 4);
        Assert.All(buffers.Master.ToArray(), w => Assert.Equal(float.NaN, w));
    }

    private static double[,] Transposed(double[,] a)
    {
        var t = new double[a.GetLength(1), a.GetLength(0)];
        for (int i = 0; i < a.GetLength(0); i++)
        {
            for (int j = 0; j < a.GetLength(1); j++)
                t[j, i] = a[i, j];
        }
        return t;
    }

    private static double[,] Product(double[,] a, double[,] b)
    {
        var c = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < c.GetLength(0); i++)
        {
            for (int k = 0; k < b.GetLength(0); k++)
            {
                for (int j = 0; j < c.GetLength(1); j++)
                    c[i, j] += a[i, k] * b[k, j];
            }
        }
        return c;
    }

    /// <summary>One-sided Jacobi: columns are rotated until they are orthogonal; their lengths are the singular values.</summary>
    private static double[] SingularValues(double[,] matrix)
    {
        double[,] a = matrix.GetLength(0) >= matrix.GetLength(1) ? matrix : Transposed(matrix);
        int rows = a.GetLength(0), columns = a.GetLength(1);
        for (int sweep = 0; sweep < 30; sweep++)
        {
            for (int p = 0; p < columns; p++)
            {
                for (int q = p + 1; q < columns; q++)
                {
                    double pp = 0, qq = 0, pq = 0;
                    for (int r = 0; r < rows; r++)
                    {
                        pp += a[r, p] * a[r, p];
                        qq += a[r, q] * a[r, q];
                        pq += a[r, p] * a[r, q];
                    }
                    if (Math.Abs(pq) < 1e-14)
                        continue;
                    double angle = 0.5 * Math.Atan2(2 * pq, pp - qq), cos = Math.Cos(angle), sin = Math.Sin(angle);
                    for (int r = 0; r < rows; r++)
                        (a[r, p], a[r, q]) = (cos * a[r, p] + sin * a[r, q], cos * a[r, q] - sin * a[r, p]);
                }
            }
        }
        return [.. Enumerable.Range(0, columns).Select(c => Math.Sqrt(Enumerable.Range(0, rows).Sum(r => a[r, c] * a[r, c])))];
    }
}
