using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Memory;

/// <summary>Stores past the caches, switched on for small results: the same bytes as ordinary stores in every kernel that has them.</summary>
public sealed unsafe class StreamingTests
{
    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Stores_past_the_cache_give_the_same_bytes(CpuDevice device, DType type)
    {
        using TestBuffer ordinary = Everything(device, type);
        long threshold = Streaming.ThresholdBytes;
        Streaming.ThresholdBytes = 0;
        try
        {
            using TestBuffer streamed = Everything(device, type);
            Compare.SameBytes(streamed, ordinary);
        }
        finally
        {
            Streaming.ThresholdBytes = threshold;
        }
    }

    /// <summary>Every streaming kernel's result, one behind the other; rows of 256 elements are aligned, the odd count has a tail.</summary>
    private static TestBuffer Everything(CpuDevice device, DType type)
    {
        const int rows = 37, cols = 256, n = rows * cols, odd = n - 5;
        using TestBuffer x = TestData.Normal(1, n, type), r = TestData.Normal(2, n, type), gamma = TestData.Normal(3, cols, DType.F32), cos = TestData.Uniform(4, rows * 64, DType.F32), sin = TestData.Uniform(5, rows * 64, DType.F32);
        using TestBuffer y = TestData.Zeros(n, type), h = TestData.Zeros(n, type), stats = TestData.Zeros(2 * rows, DType.F32);
        var all = new TestBuffer(13 * n, type);
        int at = 0;
        var norm = new NormForward { Type = type, Rows = rows, Cols = cols, Epsilon = 1e-5f, X = x.Pointer, Residual = r.Pointer, H = h.Pointer, Y = y.Pointer, Gamma = gamma.Pointer, Beta = gamma.Pointer, Mean = stats.F32, Rstd = stats.F32 + rows };
        NormKernel.LayerForward(device, norm);
        Collect(y);
        Collect(h);
        NormKernel.LayerBackward(device, new NormBackward { Type = type, Rows = rows, Cols = cols, H = h.Pointer, DY = x.Pointer, DHNext = r.Pointer, DH = y.Pointer, Gamma = gamma.Pointer, Mean = stats.F32, Rstd = stats.F32 + rows });
        Collect(y);
        foreach (bool interleaved in (bool[])[false, true])
        {
            RopeKernel.Rotate(device, new RopeArguments { Type = type, Rows = rows, XStride = cols, YStride = cols, X = x.Pointer, Y = y.Pointer, Width = cols, Heads = 1, HeadSize = 128, Rotary = 128, Interleaved = interleaved, Cos = cos.F32, Sin = sin.F32, Period = rows });
            Collect(y);
        }
        var gated = new GatedArguments { Type = type, Rows = rows, Cols = cols / 2, Gate = x.Pointer, Up = Cells.At(x.Pointer, cols / 2, type.Size()), GateStride = cols, UpStride = cols, Y = y.Pointer, DY = r.Pointer, DGate = h.Pointer, DUp = Cells.At(h.Pointer, cols / 2, type.Size()), DGateStride = cols, DUpStride = cols };
        GatedKernel.Forward(device, GateFunction.Silu, gated);
        Collect(y);
        GatedKernel.Backward(device, GateFunction.Silu, gated);
        Collect(h);
        UnaryKernel.Forward(device, UnaryFunction.Tanh, type, x.Pointer, y.Pointer, odd);
        Collect(y);
        UnaryKernel.Backward(device, UnaryFunction.Square, type, x.Pointer, r.Pointer, y.Pointer, odd);
        Collect(y);
        BinaryKernel.Forward(device, BinaryFunction.Add, type, x.Pointer, r.Pointer, y.Pointer, Broadcast.Plan([rows, cols], [cols, 1], [0, 1]));
        Collect(y);
        DropoutKernel.Apply(device, type, x.Pointer, y.Pointer, odd, 0.4f, 1, 2);
        Collect(y);
        CastKernel.Cast(device, DType.F32, gamma.Pointer, type, y.Pointer, cols - 3);
        Collect(y);
        // Rows of an odd length start anywhere in a line.
        using TestBuffer targets = TestData.From([.. Enumerable.Range(0, rows).Select(row => row * 6)], DType.I32);
        var loss = new CrossEntropyArgs { Rows = rows, Vocabulary = cols - 3, Logits = x.Pointer, LogitStride = cols - 3, Type = type, Targets = targets.I32, LogSumExp = stats.F32, Gradient = y.Pointer, GradientStride = cols - 3, GradientType = type };
        CrossEntropyKernel.Forward(device, loss);
        CrossEntropyKernel.Backward(device, loss);
        Collect(y);
        return all;

        void Collect(TestBuffer part)
        {
            part.Bytes.CopyTo(all.Bytes[(at++ * n * type.Size())..]);
        }
    }
}
