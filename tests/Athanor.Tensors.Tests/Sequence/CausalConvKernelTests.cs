using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Sequence;

public sealed unsafe class CausalConvKernelTests
{
    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Values_and_gradients_agree_with_the_reference(object device, DType type)
    {
        foreach ((int batch, int time, int channels, int width) in ((int, int, int, int)[])[(1, 1, 1, 2), (2, 37, 19, 4), (3, 70, 130, 3), (1, 5, 64, 8), (2, 33, 65, 1)])
        {
            foreach ((bool silu, bool segments, bool state) in ((bool, bool, bool)[])[(false, false, false), (true, true, false), (true, false, true), (true, true, true)])
            {
                using Case expected = new(batch, time, channels, width, type, silu, segments, state), actual = new(batch, time, channels, width, type, silu, segments, state);
                expected.Run(TestDevices.Reference);
                actual.Run((CpuDevice)device);
                double rtol = Compare.Tolerance(type);
                Compare.Close(actual.Y, expected.Y, rtol, 1e-5, "y");
                Compare.Close(actual.DX, expected.DX, rtol, 1e-5, "dx");
                Compare.Close(actual.DState, expected.DState, rtol, 1e-5, "dstate");
                Compare.Close(actual.DWeight, expected.DWeight, 1e-5, 2e-5, "dweight");
                Compare.Close(actual.DBias, expected.DBias, 1e-5, 2e-5, "dbias");
                Compare.SameBytes(actual.FinalState, expected.FinalState, "final state");
            }
        }
    }

    [Fact]
    public void Gradients_agree_with_finite_differences()
    {
        using var c = new Case(2, 6, 3, 3, DType.F32, silu: true, segments: true, state: true);
        c.Run(TestDevices.Reference);
        double Objective()
        {
            CausalConvKernel.Forward(TestDevices.Reference, c.Args());
            return FiniteDifferences.Dot(c.Y, c.DY);
        }
        FiniteDifferences.Check(Objective, c.X, c.DX, what: "dx");
        FiniteDifferences.Check(Objective, c.State, c.DState, what: "dstate");
        // Parameter gradients were added to ones.
        for (long i = 0; i < c.DWeight.Length; i++)
            c.DWeight[i] -= 1;
        for (long i = 0; i < c.DBias.Length; i++)
            c.DBias[i] -= 1;
        FiniteDifferences.Check(Objective, c.Weight, c.DWeight, what: "dweight");
        FiniteDifferences.Check(Objective, c.Bias, c.DBias, what: "dbias");
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Steps_one_by_one_give_the_same_bytes_as_all_at_once(object device)
    {
        using var whole = new Case(2, 9, 21, 4, DType.BF16, silu: true, segments: false, state: true);
        CausalConvKernel.Forward((CpuDevice)device, whole.Args());
        using TestBuffer state = whole.State.Clone(), x = new(2 * 21, DType.BF16), y = new(2 * 21, DType.BF16);
        for (int t = 0; t < 9; t++)
        {
            for (int b = 0; b < 2; b++)
            {
                for (int d = 0; d < 21; d++)
                    x[b * 21 + d] = whole.X[(b * 9 + t) * 21 + d];
            }
            CausalConvArgs args = whole.Args();
            args.Time = 1;
            args.X = x.Pointer;
            args.Y = y.Pointer;
            args.InitialState = args.FinalState = state.Pointer;
            CausalConvKernel.Forward((CpuDevice)device, args);
            for (int b = 0; b < 2; b++)
            {
                for (int d = 0; d < 21; d++)
                    Assert.Equal(whole.Y[(b * 9 + t) * 21 + d], y[b * 21 + d]);
            }
        }
        Compare.SameBytes(state, whole.FinalState);
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Packed_segments_give_what_they_give_alone(object device)
    {
        using var packed = new Case(1, 12, 5, 4, DType.F32, silu: false, segments: false, state: false);
        using TestBuffer segments = TestData.From([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1], DType.I32);
        CausalConvArgs args = packed.Args();
        args.Segments = segments.I32;
        CausalConvKernel.Forward((CpuDevice)device, args);
        using TestBuffer alone = new(7 * 5, DType.F32);
        args.Segments = null;
        args.Time = 7;
        args.X = packed.X.F32 + 5 * 5;
        args.Y = alone.Pointer;
        CausalConvKernel.Forward((CpuDevice)device, args);
        for (int i = 0; i < 35; i++)
            Assert.Equal(alone[i], packed.Y[25 + i]);
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads_and_nothing_is_allocated()
    {
        foreach (CpuDevice device in TestDevices.Fast)
        {
            using Case one = new(3, 50, 150, 4, DType.F32, true, true, true), three = new(3, 50, 150, 4, DType.F32, true, true, true);
            one.Run(TestDevices.WithThreads(device, 1));
            three.Run(TestDevices.WithThreads(device, 3));
            Compare.SameBytes(three.DWeight, one.DWeight);
            Compare.SameBytes(three.DX, one.DX);
            Steady.AllocatesNothing(() => one.Run(device));
        }
    }

    private sealed class Case : IDisposable
    {
        private readonly int _batch, _time, _channels, _width;
        private readonly bool _silu, _state;
        private readonly TestBuffer? _segments;

        public Case(int batch, int time, int channels, int width, DType type, bool silu, bool segments, bool state)
        {
            (_batch, _time, _channels, _width, _silu, _state) = (batch, time, channels, width, silu, state);
            X = TestData.Normal(1, (long)batch * time * channels, type);
            DY = TestData.Normal(2, X.Length, type);
            Y = new(X.Length, type);
            DX = new(X.Length, type);
            State = TestData.Normal(3, (long)batch * (width - 1) * channels, type);
            DState = new(State.Length, type);
            FinalState = new(State.Length, type);
            Weight = TestData.Normal(4, (long)channels * width, DType.F32);
            DWeight = TestData.Filled((long)channels * width, DType.F32, 1);
            Bias = TestData.Normal(5, channels, DType.F32);
            DBias = TestData.Filled(channels, DType.F32, 1);
            if (segments)
            {
                _segments = new(batch * time, DType.I32);
                for (int i = 0; i < batch * time; i++)
                    _segments[i] = i % time / (i / time + 3);
            }
        }

        public TestBuffer X { get; }
        public TestBuffer DY { get; }
        public TestBuffer Y { get; }
        public TestBuffer DX { get; }
        public TestBuffer State { get; }
        public TestBuffer DState { get; }
        public TestBuffer FinalState { get; }
        public TestBuffer Weight { get; }
        public TestBuffer DWeight { get; }
        public TestBuffer Bias { get; }
        public TestBuffer DBias { get; }

        public CausalConvArgs Args() => new()
        {
            Batch = _batch,
            Time = _time,
            Channels = _channels,
            Width = _width,
            X = X.Pointer,
            Y = Y.Pointer,
            Type = X.Type,
            Weight = Weight.F32,
            Bias = Bias.F32,
            Silu = _silu,
            Segments = _segments is null ? null : _segments.I32,
            InitialState = _state ? State.Pointer : null,
            FinalState = FinalState.Pointer,
            YGradient = DY.Pointer,
            XGradient = DX.Pointer,
            InitialStateGradient = _state ? DState.Pointer : null,
            WeightGradient = DWeight.F32,
            BiasGradient = DBias.F32,
        };

        public void Run(CpuDevice device)
        {
            CausalConvArgs args = Args();
            CausalConvKernel.Forward(device, args);
            CausalConvKernel.Backward(device, args);
        }

        public void Dispose()
        {
            foreach (TestBuffer? buffer in (TestBuffer?[])[X, DY, Y, DX, State, DState, FinalState, Weight, DWeight, Bias, DBias, _segments])
                buffer?.Dispose();
        }
    }
}
