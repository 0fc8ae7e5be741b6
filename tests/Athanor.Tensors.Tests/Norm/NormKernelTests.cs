using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Norm;

public sealed unsafe class NormKernelTests
{
    private static readonly (int Rows, int Cols)[] Shapes = [(1, 1), (3, 1), (1, 7), (5, 31), (4, 64), (7, 129), (130, 16), (5, 300), (1, 2500)];

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Forward_agrees_with_the_reference(CpuDevice device, DType type)
    {
        foreach ((int rows, int cols) in Shapes)
        {
            foreach (bool center in (bool[])[false, true])
            {
                for (int variant = 0; variant < 4; variant++)
                {
                    bool residual = (variant & 1) != 0;
                    DType weights = (variant & 2) != 0 ? DType.BF16 : DType.F32;
                    using var expected = new Case(rows, cols, type, weights, residual, center, seed: rows + cols);
                    using var actual = new Case(rows, cols, type, weights, residual, center, seed: rows + cols);
                    expected.Forward(TestDevices.Reference);
                    actual.Forward(device);
                    string what = $"[{rows}, {cols}] centered {center} residual {residual}";
                    Compare.Close(actual.Y, expected.Y, Compare.Tolerance(type), 2e-5, "y of " + what);
                    Compare.Close(actual.Rstd, expected.Rstd, 1e-5, 0, "rstd of " + what);
                    if (center)
                        Compare.Close(actual.Mean, expected.Mean, 1e-5, 1e-6, "mean of " + what);
                    if (residual)
                        Compare.SameBytes(actual.H, expected.H, "h of " + what);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Backward_agrees_with_the_reference(CpuDevice device, DType type)
    {
        foreach ((int rows, int cols) in Shapes)
        {
            foreach (bool center in (bool[])[false, true])
            {
                foreach (bool next in (bool[])[false, true])
                {
                    using var expected = new Case(rows, cols, type, DType.F32, next, center, seed: rows * cols);
                    using var actual = new Case(rows, cols, type, DType.F32, next, center, seed: rows * cols);
                    expected.Forward(TestDevices.Reference);
                    actual.Forward(TestDevices.Reference);
                    expected.Backward(TestDevices.Reference);
                    actual.Backward(device);
                    string what = $"[{rows}, {cols}] centered {center} next {next}";
                    // Cancellation in g − x̂·mean(g·x̂) leaves an error of the size of the terms times rstd.
                    Compare.Close(actual.DH, expected.DH, Compare.Tolerance(type), cols < 8 ? 2e-3 : 2e-5, "dh of " + what);
                    Compare.Close(actual.DGamma, expected.DGamma, 1e-4, 2e-5 * Math.Sqrt(rows), "dgamma of " + what);
                    Compare.Close(actual.DBeta, expected.DBeta, 1e-4, 2e-5 * Math.Sqrt(rows), "dbeta of " + what);
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reference_gradients_agree_with_finite_differences(bool center)
    {
        using var c = new Case(3, 10, DType.F32, DType.F32, residual: true, center, seed: 5);
        c.Forward(TestDevices.Reference);
        c.Backward(TestDevices.Reference);
        using TestBuffer dGamma = c.DGamma.Clone(), dBeta = c.DBeta.Clone(), dh = c.DH.Clone();
        for (int i = 0; i < 10; i++)
        {
            dGamma[i] -= Case.GradientBefore;
            dBeta[i] -= Case.GradientBefore;
        }
        double Loss()
        {
            c.Forward(TestDevices.Reference);
            return FiniteDifferences.Dot(c.DY, c.Y) + FiniteDifferences.Dot(c.DHNext, c.H);
        }
        FiniteDifferences.Check(Loss, c.X, dh, what: "dx");
        FiniteDifferences.Check(Loss, c.Residual, dh, what: "dr");
        FiniteDifferences.Check(Loss, c.Gamma, dGamma, what: "dgamma");
        if (center)
            FiniteDifferences.Check(Loss, c.Beta, dBeta, what: "dbeta");
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Results_do_not_depend_on_the_number_of_threads(CpuDevice device, DType type)
    {
        using var expected = new Case(700, 96, type, DType.F32, residual: true, center: true, seed: 9);
        expected.Forward(TestDevices.WithThreads(device, 1));
        expected.Backward(TestDevices.WithThreads(device, 1));
        foreach (int threads in (int[])[2, 3])
        {
            using var actual = new Case(700, 96, type, DType.F32, residual: true, center: true, seed: 9);
            actual.Forward(TestDevices.WithThreads(device, threads));
            actual.Backward(TestDevices.WithThreads(device, threads));
            Compare.SameBytes(actual.Y, expected.Y, "y");
            Compare.SameBytes(actual.DH, expected.DH, "dh");
            Compare.SameBytes(actual.DGamma, expected.DGamma, "dgamma");
            Compare.SameBytes(actual.DBeta, expected.DBeta, "dbeta");
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void A_NaN_or_infinity_spoils_its_own_row_only(CpuDevice device)
    {
        using var c = new Case(4, 37, DType.F32, DType.F32, residual: false, center: true, seed: 2);
        c.X[37 + 5] = float.NaN;
        c.X[2 * 37 + 36] = float.PositiveInfinity;
        c.Forward(device);
        for (int i = 0; i < 37; i++)
        {
            Assert.True(float.IsFinite(c.Y[i]) && float.IsFinite(c.Y[3 * 37 + i]));
            Assert.True(float.IsNaN(c.Y[37 + i]) && float.IsNaN(c.Y[2 * 37 + i]));
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void The_steady_state_allocates_nothing(CpuDevice device)
    {
        using var c = new Case(40, 64, DType.BF16, DType.F32, residual: true, center: false, seed: 2);
        Steady.AllocatesNothing(() =>
        {
            c.Forward(device);
            c.Backward(device);
        });
    }

    private sealed class Case(int rows, int cols, DType type, DType weights, bool residual, bool center, int seed) : IDisposable
    {
        public const float GradientBefore = 0.25f;
        public readonly TestBuffer X = TestData.Normal(seed, rows * cols, type), Residual = TestData.Normal(seed + 1, rows * cols, type);
        public readonly TestBuffer Gamma = TestData.Normal(seed + 2, cols, weights), Beta = TestData.Normal(seed + 3, cols, weights);
        public readonly TestBuffer DY = TestData.Normal(seed + 4, rows * cols, type), DHNext = TestData.Normal(seed + 5, rows * cols, type);
        public readonly TestBuffer H = TestData.Zeros(rows * cols, type), Y = TestData.Zeros(rows * cols, type), DH = TestData.Zeros(rows * cols, type);
        public readonly TestBuffer Mean = TestData.Zeros(rows, DType.F32), Rstd = TestData.Zeros(rows, DType.F32);
        public readonly TestBuffer DGamma = TestData.Filled(cols, DType.F32, GradientBefore), DBeta = TestData.Filled(cols, DType.F32, GradientBefore);

        public void Forward(CpuDevice device)
        {
            var a = new NormForward
            {
                Type = type,
                Rows = rows,
                Cols = cols,
                Epsilon = 1e-5f,
                X = X.Pointer,
                Residual = residual ? Residual.Pointer : null,
                H = residual ? H.Pointer : null,
                Y = Y.Pointer,
                Gamma = Gamma.Pointer,
                Beta = center ? Beta.Pointer : null,
                WeightType = weights,
                Mean = center ? Mean.F32 : null,
                Rstd = Rstd.F32,
            };
            if (center)
                NormKernel.LayerForward(device, a);
            else
                NormKernel.RmsForward(device, a);
        }

        public void Backward(CpuDevice device)
        {
            var a = new NormBackward
            {
                Type = type,
                Rows = rows,
                Cols = cols,
                H = residual ? H.Pointer : X.Pointer,
                DY = DY.Pointer,
                DHNext = residual ? DHNext.Pointer : null,
                DH = DH.Pointer,
                Gamma = Gamma.Pointer,
                WeightType = weights,
                Mean = center ? Mean.F32 : null,
                Rstd = Rstd.F32,
                DGamma = DGamma.F32,
                DBeta = DBeta.F32,
            };
            if (center)
                NormKernel.LayerBackward(device, a);
            else
                NormKernel.RmsBackward(device, a);
        }

        public void Dispose()
        {
            foreach (TestBuffer buffer in (TestBuffer[])[X, Residual, Gamma, Beta, DY, DHNext, H, Y, DH, Mean, Rstd, DGamma, DBeta])
                buffer.Dispose();
        }
    }
}
