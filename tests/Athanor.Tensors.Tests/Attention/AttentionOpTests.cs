using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Attention;

public sealed class AttentionOpTests
{
    private const int B = 2, T = 37, Hq = 4, Hkv = 2, K = 16;

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
    public void Parts_of_a_fused_projection_get_their_gradients_in_its_gradient(object target, DType type)
    {
        (float[] output, float[] gradient) = Run((CpuDevice)target, type, fused: true, FromDevice);
        (float[] expectedOutput, float[] expectedGradient) = Run(TestDevices.Reference, type, fused: false, FromDevice);
        Compare.Close(output, expectedOutput, type == DType.F32 ? 1e-4 : 0.02, type == DType.F32 ? 1e-5 : 0.02, "output");
        Compare.Close(gradient, expectedGradient, type == DType.F32 ? 1e-4 : 0.02, type == DType.F32 ? 1e-5 : 0.04, "gradient");
    }

    private static AttentionOptions FromDevice(Device device) => new()
    {
        Causal = true,
        Window = 30,
        SoftCap = 4,
        Prefix = Tensor.From(device, new Shape(B), [3, 0]),
        Slopes = Tensor.From(device, new Shape(Hq), [0.5f, 0.25f, 0.125f, 0.0625f]),
        Segments = Tensor.From(device, new Shape(B, T), [.. Enumerable.Range(0, B * T).Select(i => i % T / 15)]),
    };

    private static (float[] Output, float[] Gradient) Run(CpuDevice device, DType type, bool fused, Func<Device, AttentionOptions> options)
    {
        using var step = StepScope.Begin(device);
        var values = new float[B * T * (Hq + 2 * Hkv) * K];
        var random = new Random(5);
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(random.NextDouble() * 4 - 2);
        Tensor x = Tensor.From(device, new Shape(B, T, Hq + 2 * Hkv, K), values, type, requiresGrad: true);
        var parts = new Tensor[3];
        x.Split(2, [Hq, Hkv, Hkv], parts);
        if (!fused)
            parts = [parts[0].Contiguous(), parts[1].Contiguous(), parts[2].Contiguous()];
        Tensor o = Ops.Attention(parts[0], parts[1], parts[2], options(device)).Keep();
        var dO = new float[o.Count];
        for (int i = 0; i < dO.Length; i++)
            dO[i] = (float)(random.NextDouble() * 2 - 1);
        StepScope.Require().Backward(o, Tensor.From(device, o.Shape, dO, type));
        return (o.ToArray(), x.Grad.ToArray());
    }

    [Fact]
    public void Gradients_agree_with_finite_differences_when_one_tensor_is_query_key_and_value()
    {
        CpuDevice device = TestDevices.Fast[0];
        var values = new float[5 * 2 * 3];
        var random = new Random(8);
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(random.NextDouble() * 2 - 1);
        double Loss(float[] at, out float[]? gradient, bool backward)
        {
            using var step = StepScope.Begin(device);
            Tensor x = Tensor.From(device, new Shape(1, 5, 2, 3), at, DType.F32, requiresGrad: true);
            Tensor o = Ops.Attention(x, x, x, new AttentionOptions { Causal = true }).Keep();
            double loss = o.ToArray().Select((v, i) => (double)v * (i % 4 - 1.5)).Sum();
            gradient = null;
            if (backward)
            {
                StepScope.Require().Backward(o, Tensor.From(device, o.Shape, [.. Enumerable.Range(0, (int)o.Count).Select(i => i % 4 - 1.5f)], DType.F32));
                gradient = x.Grad.ToArray();
            }
            return loss;
        }
        Loss(values, out float[]? analytic, backward: true);
        for (int i = 0; i < values.Length; i++)
        {
            float[] up = [.. values], down = [.. values];
            up[i] += 1 / 64f;
            down[i] -= 1 / 64f;
            Assert.Equal((Loss(up, out _, false) - Loss(down, out _, false)) * 32, analytic![i], 2e-3);
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_by_name()
    {
        CpuDevice device = TestDevices.Fast[0];
        using var step = StepScope.Begin(device);
        Tensor q = Tensor.Zeros(device, new Shape(2, 5, 6, 8)), k = Tensor.Zeros(device, new Shape(2, 7, 4, 8)), good = Tensor.Zeros(device, new Shape(2, 7, 3, 8));
        var e = Assert.Throws<ArgumentException>(() => Ops.Attention(q, k, k));
        Assert.Contains("F32[2, 5, 6, 8]", e.Message, StringComparison.Ordinal);
        Assert.Contains("F32[2, 7, 4, 8]", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Ops.Attention(q, good, k));
        Assert.Throws<ArgumentException>(() => Ops.Attention(q, Tensor.Zeros(device, new Shape(3, 7, 3, 8)), Tensor.Zeros(device, new Shape(3, 7, 3, 8))));
        Assert.Throws<ArgumentException>(() => Ops.Attention(q, good.To(DType.BF16), good));
        Assert.Throws<ArgumentException>(() => Ops.Attention(q, good, good, new AttentionOptions { Window = -1 }));
        Tensor segments = Tensor.From(device, new Shape(2, 5), new int[10]);
        e = Assert.Throws<ArgumentException>(() => Ops.Attention(q, good, good, new AttentionOptions { Segments = segments }));
        Assert.Contains("KeySegments", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<ArgumentException>(() => Ops.Attention(q, good, good, new AttentionOptions { Segments = segments, KeySegments = segments }));
        Assert.Contains("[2, 7]", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_in_steady_state_allocates_no_managed_memory()
    {
        CpuDevice device = TestDevices.Fast[^1];
        float[] values = new float[B * T * (Hq + 2 * Hkv) * K];
        var parts = new Tensor[3];
        int[] lengths = [Hq, Hkv, Hkv];
        Steady.AllocatesNothing(() =>
        {
            using var step = StepScope.Begin(device);
            Tensor x = Tensor.From(device, new Shape(B, T, Hq + 2 * Hkv, K), values, DType.BF16, requiresGrad: true);
            x.Split(2, lengths, parts);
            Tensor o = Ops.Attention(parts[0], parts[1], parts[2], new AttentionOptions { Causal = true });
            StepScope.Require().Backward(o, Tensor.Zeros(device, o.Shape, DType.BF16));
        });
    }
}
