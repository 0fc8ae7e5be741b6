using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Attention;

/// <summary>Shape and mask of one attention, as numbers: small enough to print when a property fails.</summary>
internal sealed record AttentionSetting
{
    public int Batch { get; init; } = 1;
    public int Queries { get; init; } = 16;
    public int Keys { get; init; } = 16;
    public int QueryHeads { get; init; } = 1;
    public int KeyHeads { get; init; } = 1;
    public int HeadDim { get; init; } = 64;
    public bool Causal { get; init; }
    public int Window { get; init; }
    public int Offset { get; init; }
    public bool Prefix { get; init; }

    /// <summary>The prefix is one for each query.</summary>
    public bool PrefixByQuery { get; init; }

    /// <summary>Mean length of the segments, 0 for none.</summary>
    public int Segments { get; init; }
    public bool Slopes { get; init; }
    public float SoftCap { get; init; }
    public int Seed { get; init; } = 1;
}

/// <summary>
/// The buffers of one attention: Q, K and V are slices of one fused array when the lengths agree, with a gap between tokens; so are the
/// gradients.
/// </summary>
internal sealed unsafe class AttentionCase : IDisposable
{
    private readonly List<TestBuffer> _owned = [];

    /// <param name="gap">Elements between tokens that belong to nobody.</param>
    public AttentionCase(AttentionSetting s, DType type, int gap = 3)
    {
        Setting = s;
        int hq = s.QueryHeads, hkv = s.KeyHeads, d = s.HeadDim;
        bool fused = s.Queries == s.Keys;
        Inputs = fused ? [Own(TestData.Normal(s.Seed, Count(s.Queries, hq + 2 * hkv), type))]
            : [Own(TestData.Normal(s.Seed, Count(s.Queries, hq), type)), Own(TestData.Normal(s.Seed + 1, Count(s.Keys, 2 * hkv), type))];
        Gradients = [.. Inputs.Select(i => Own(TestData.Filled(i.Length, type, 7)))];
        Output = Own(TestData.Filled(Count(s.Queries, hq), type, 5));
        OutputGradient = Own(TestData.Normal(s.Seed + 2, Count(s.Queries, hq), type));
        Lse = Own(TestData.Filled((long)s.Batch * hq * s.Queries, DType.F32, 5));
        var a = new AttentionArgs
        {
            Type = type,
            Batch = s.Batch,
            QueryLength = s.Queries,
            KeyLength = s.Keys,
            QueryHeads = hq,
            KeyHeads = hkv,
            HeadDim = d,
            Lse = Lse.F32,
            Scale = 1 / MathF.Sqrt(d),
            SoftCap = s.SoftCap,
            Causal = s.Causal,
            Window = s.Window,
            Offset = s.Offset,
            O = At(Output, s.Queries, hq, 0),
            OGrad = At(OutputGradient, s.Queries, hq, 0),
        };
        (a.Q, a.K, a.V) = Slices(Inputs);
        (a.QGrad, a.KGrad, a.VGrad) = Slices(Gradients);
        var random = new Random(s.Seed + 3);
        if (s.Prefix)
        {
            int count = s.PrefixByQuery ? s.Batch * s.Queries : s.Batch;
            TestBuffer prefix = Own(new TestBuffer(count, DType.I32));
            for (int i = 0; i < count; i++)
                prefix[i] = random.Next(s.Keys + 1);
            a.Prefix = prefix.I32;
            a.PrefixByQuery = s.PrefixByQuery;
        }
        if (s.Segments > 0)
        {
            TestBuffer queries = Own(new TestBuffer((long)s.Batch * s.Queries, DType.I32)), keys = Own(new TestBuffer((long)s.Batch * s.Keys, DType.I32));
            for (int b = 0; b < s.Batch; b++)
            {
                for (int j = 0, id = 0; j < s.Keys; j++)
                {
                    if (random.Next(s.Segments) == 0)
                        id = random.Next(8) == 0 ? -1 : Math.Max(id, 0) + 1;
                    keys[(long)b * s.Keys + j] = id;
                }
                for (int i = 0; i < s.Queries; i++)
                    queries[(long)b * s.Queries + i] = s.Offset + i < s.Keys ? keys[(long)b * s.Keys + s.Offset + i] : random.Next(3);
            }
            a.QuerySegments = queries.I32;
            a.KeySegments = keys.I32;
        }
        if (s.Slopes)
        {
            TestBuffer slopes = Own(new TestBuffer(hq, DType.F32));
            for (int h = 0; h < hq; h++)
                slopes[h] = MathF.Pow(2, -4f * (h + 1) / hq);
            a.Slopes = slopes.F32;
        }
        Args = a;

        long Count(int time, int heads) => (long)s.Batch * time * (heads * d + gap);
        AttentionOperand At(TestBuffer buffer, int time, int heads, int firstHead) =>
            new((byte*)buffer.Pointer + firstHead * d * type.Size(), (long)time * (heads * d + gap), heads * d + gap, d);
        (AttentionOperand, AttentionOperand, AttentionOperand) Slices(TestBuffer[] buffers) => fused
            ? (At(buffers[0], s.Queries, hq + 2 * hkv, 0), At(buffers[0], s.Queries, hq + 2 * hkv, hq), At(buffers[0], s.Queries, hq + 2 * hkv, hq + hkv))
            : (At(buffers[0], s.Queries, hq, 0), At(buffers[1], s.Keys, 2 * hkv, 0), At(buffers[1], s.Keys, 2 * hkv, hkv));
    }

    public AttentionSetting Setting { get; }
    public AttentionArgs Args { get; }
    public TestBuffer[] Inputs { get; }
    public TestBuffer[] Gradients { get; }
    public TestBuffer Output { get; }
    public TestBuffer OutputGradient { get; }
    public TestBuffer Lse { get; }

    public void Run(CpuDevice device, bool backward = true)
    {
        FlashAttention.Forward(device, Args);
        if (backward)
            FlashAttention.Backward(device, Args);
    }

    /// <summary>Forward and backward of this setting on the device against the reference path.</summary>
    public static void Check(AttentionSetting setting, CpuDevice device, DType type, int gap = 3)
    {
        using var actual = new AttentionCase(setting, type, gap);
        using var expected = new AttentionCase(setting, type, gap);
        expected.Run(TestDevices.Reference);
        actual.Run(device);
        // bf16: P and dS are rounded to bf16 before products on the AMX path, and O before D = Σ dO·O: 2^-8 of the largest terms.
        (double rtol, double atol) = type == DType.F32 ? (1e-4, 2e-5) : (0.02, 0.02);
        string what = $"{device} {type} {setting}";
        Compare.Close(actual.Lse, expected.Lse, type == DType.F32 ? 1e-5 : 1e-4, 1e-4, what + " log-sum-exp");
        Compare.Close(actual.Output, expected.Output, rtol, atol, what + " output");
        for (int i = 0; i < actual.Gradients.Length; i++)
            Compare.Close(actual.Gradients[i], expected.Gradients[i], rtol, atol * Largest(expected.Gradients[i]), what + $" gradient {i}");
    }

    private static double Largest(TestBuffer buffer)
    {
        double largest = 1;
        for (long i = 0; i < buffer.Length; i++)
        {
            if (buffer[i] != 7)
                largest = Math.Max(largest, Math.Abs(buffer[i]));
        }
        return largest;
    }

    public void Dispose()
    {
        foreach (TestBuffer buffer in _owned)
            buffer.Dispose();
    }

    private TestBuffer Own(TestBuffer buffer)
    {
        _owned.Add(buffer);
        return buffer;
    }
}
