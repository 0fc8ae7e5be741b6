using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Sequence;

public sealed unsafe class SelectiveScanKernelTests
{
    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Values_and_gradients_agree_with_the_reference(object device, DType type)
    {
        foreach ((int batch, int time, int channels, int states) in ((int, int, int, int)[])[(1, 1, 1, 1), (2, 70, 19, 4), (1, 130, 70, 16), (3, 64, 64, 2)])
        {
            foreach (bool full in (bool[])[true, false])
            {
                using Case expected = new(batch, time, channels, states, type, full), actual = new(batch, time, channels, states, type, full);
                expected.Run(TestDevices.Reference);
                actual.Run((CpuDevice)device);
                // Sums of hundreds of terms of either sign: the absolute part of the tolerance carries the cancellation.
                foreach ((string name, TestBuffer a, TestBuffer e) in actual.Outputs(expected))
                    Compare.Close(a, e, Compare.Tolerance(a.Type, 3e-5), a.Type == DType.BF16 ? 1e-3 : 3e-4, name);
            }
        }
    }

    [Fact]
    public void Gradients_agree_with_finite_differences()
    {
        using var c = new Case(2, 5, 3, 2, DType.F32, full: true);
        c.Run(TestDevices.Reference);
        double Objective()
        {
            SelectiveScanKernel.Forward(TestDevices.Reference, c.Args());
            return FiniteDifferences.Dot(c.Y, c.DY) + FiniteDifferences.Dot(c.Final, c.DFinal);
        }
        foreach ((string name, TestBuffer value, TestBuffer gradient, bool added) in c.Inputs())
        {
            for (long i = 0; i < gradient.Length && added; i++)
                gradient[i] -= 1;
            FiniteDifferences.Check(Objective, value, gradient, tolerance: 3e-3, what: name);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Decoding_step_by_step_goes_on_where_the_state_was_left(object device)
    {
        using var whole = new Case(1, 8, 20, 4, DType.F32, full: true, segments: false);
        SelectiveScanKernel.Forward((CpuDevice)device, whole.Args());
        using TestBuffer state = whole.Initial.Clone(), y = new(20, DType.F32);
        for (int t = 0; t < 8; t++)
        {
            SelectiveScanArgs args = whole.Args();
            args.Time = 1;
            args.U = whole.U.F32 + t * 20;
            args.Delta = whole.Delta.F32 + t * 20;
            args.B = whole.B.F32 + t * 4;
            args.C = whole.C.F32 + t * 4;
            args.Y = y.Pointer;
            args.Boundaries = null;
            args.InitialState = args.FinalState = state.F32;
            SelectiveScanKernel.Forward((CpuDevice)device, args);
            for (int d = 0; d < 20; d++)
                Assert.Equal(whole.Y[t * 20 + d], y[d], 1e-5);
        }
        Compare.Close(state, whole.Final, 1e-5, 1e-6);
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Extreme_and_broken_inputs_do_as_the_reference_does(object device)
    {
        using Case expected = new(1, 6, 17, 2, DType.F32, full: true, segments: false), actual = new(1, 6, 17, 2, DType.F32, full: true, segments: false);
        foreach (Case c in (Case[])[expected, actual])
        {
            c.Delta[3] = 80;
            c.Delta[20] = -90;
            c.U[40] = float.NaN;
            c.U[5] = float.PositiveInfinity;
        }
        SelectiveScanKernel.Forward(TestDevices.Reference, expected.Args());
        SelectiveScanKernel.Forward((CpuDevice)device, actual.Args());
        Compare.Close(actual.Y, expected.Y, 3e-5, 1e-4, "y");
        Compare.Close(actual.Final, expected.Final, 3e-5, 1e-4, "state");
        Assert.True(float.IsNaN(actual.Y[40]));
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads_and_nothing_is_allocated()
    {
        foreach (CpuDevice device in TestDevices.Fast)
        {
            using Case one = new(2, 66, 150, 4, DType.F32, full: true), three = new(2, 66, 150, 4, DType.F32, full: true);
            one.Run(TestDevices.WithThreads(device, 1));
            three.Run(TestDevices.WithThreads(device, 3));
            foreach ((string name, TestBuffer a, TestBuffer e) in three.Outputs(one))
                Compare.SameBytes(a, e, name);
            Steady.AllocatesNothing(() => one.Run(device));
        }
    }

    private sealed class Case : IDisposable
    {
        private readonly int _batch, _time, _channels, _states;
        private readonly bool _full;
        private readonly TestBuffer? _segments;

        public Case(int batch, int time, int channels, int states, DType type, bool full, bool segments = true)
        {
            (_batch, _time, _channels, _states, _full) = (batch, time, channels, states, full);
            long wide = (long)batch * time * channels, narrow = (long)batch * time * states, kept = (long)batch * states * channels;
            (U, Delta, DY) = (TestData.Normal(1, wide, type), TestData.Normal(2, wide, type), TestData.Normal(3, wide, type));
            if (!full)
            {
                for (long i = 0; i < wide; i++)
                    Delta[i] = Math.Abs(Delta[i]) * 0.3f;
            }
            (Y, DU, DDelta) = (new(wide, type), new(wide, type), new(wide, type));
            (B, C, DB, DC) = (TestData.Normal(4, narrow, type), TestData.Normal(5, narrow, type), new(narrow, type), new(narrow, type));
            A = TestData.Uniform(6, (long)channels * states, DType.F32, -2, -0.1);
            DA = TestData.Filled(A.Length, DType.F32, 1);
            (Skip, Bias) = (TestData.Normal(7, channels, DType.F32), TestData.Normal(8, channels, DType.F32));
            (DSkip, DBias) = (TestData.Filled(channels, DType.F32, 1), TestData.Filled(channels, DType.F32, 1));
            (Initial, DFinal) = (TestData.Normal(9, kept, DType.F32), TestData.Normal(10, kept, DType.F32));
            (Final, DInitial) = (new(kept, DType.F32), new(kept, DType.F32));
            Boundaries = new(kept * ((time + SelectiveScanArgs.Chunk - 1) / SelectiveScanArgs.Chunk), DType.F32);
            if (full && segments)
            {
                _segments = new(batch * time, DType.I32);
                for (int i = 0; i < batch * time; i++)
                    _segments[i] = i % time / (i / time + 3);
            }
        }

        public TestBuffer U { get; }
        public TestBuffer Delta { get; }
        public TestBuffer B { get; }
        public TestBuffer C { get; }
        public TestBuffer A { get; }
        public TestBuffer Skip { get; }
        public TestBuffer Bias { get; }
        public TestBuffer Initial { get; }
        public TestBuffer Final { get; }
        public TestBuffer Boundaries { get; }
        public TestBuffer Y { get; }
        public TestBuffer DY { get; }
        public TestBuffer DFinal { get; }
        public TestBuffer DU { get; }
        public TestBuffer DDelta { get; }
        public TestBuffer DB { get; }
        public TestBuffer DC { get; }
        public TestBuffer DA { get; }
        public TestBuffer DSkip { get; }
        public TestBuffer DBias { get; }
        public TestBuffer DInitial { get; }

        public SelectiveScanArgs Args() => new()
        {
            Batch = _batch,
            Time = _time,
            Channels = _channels,
            States = _states,
            U = U.Pointer,
            Delta = Delta.Pointer,
            B = B.Pointer,
            C = C.Pointer,
            Y = Y.Pointer,
            Type = U.Type,
            A = A.F32,
            Skip = _full ? Skip.F32 : null,
            DeltaBias = _full ? Bias.F32 : null,
            Softplus = _full,
            Segments = _segments is null ? null : _segments.I32,
            InitialState = _full ? Initial.F32 : null,
            FinalState = Final.F32,
            Boundaries = Boundaries.F32,
            YGradient = DY.Pointer,
            FinalStateGradient = _full ? DFinal.F32 : null,
            UGradient = DU.Pointer,
            DeltaGradient = DDelta.Pointer,
            BGradient = DB.Pointer,
            CGradient = DC.Pointer,
            InitialStateGradient = _full ? DInitial.F32 : null,
            AGradient = DA.F32,
            SkipGradient = _full ? DSkip.F32 : null,
            DeltaBiasGradient = _full ? DBias.F32 : null,
        };

        public void Run(CpuDevice device)
        {
            SelectiveScanArgs args = Args();
            SelectiveScanKernel.Forward(device, args);
            SelectiveScanKernel.Backward(device, args);
        }

        public IEnumerable<(string, TestBuffer, TestBuffer)> Outputs(Case e) =>
        [
            ("y", Y, e.Y), ("final", Final, e.Final), ("boundaries", Boundaries, e.Boundaries), ("du", DU, e.DU), ("ddelta", DDelta, e.DDelta), ("db", DB, e.DB),
            ("dc", DC, e.DC), ("da", DA, e.DA), ("dskip", DSkip, e.DSkip), ("dbias", DBias, e.DBias), ("dinitial", DInitial, e.DInitial),
        ];

        public IEnumerable<(string, TestBuffer, TestBuffer, bool)> Inputs() =>
        [
            ("u", U, DU, false), ("delta", Delta, DDelta, false), ("B", B, DB, false), ("C", C, DC, false), ("initial", Initial, DInitial, false),
            ("A", A, DA, true), ("skip", Skip, DSkip, true), ("bias", Bias, DBias, true),
        ];

        public void Dispose()
        {
            foreach (TestBuffer? buffer in (TestBuffer?[])[U, Delta, B, C, A, Skip, Bias, Initial, Final, Boundaries, Y, DY, DFinal, DU, DDelta, DB, DC, DA, DSkip, DBias, DInitial, _segments])
                buffer?.Dispose();
        }
    }
}
