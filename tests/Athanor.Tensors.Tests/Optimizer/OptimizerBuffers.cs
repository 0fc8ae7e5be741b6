using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Optimizer;

/// <summary>The flat buffers of one group, fenced, with the starting point that every optimizer test uses.</summary>
internal sealed unsafe class OptimizerBuffers : IDisposable
{
    public OptimizerBuffers(int count, bool copy, int seed = 1)
    {
        Master = TestData.Normal(seed, count, DType.F32);
        Gradient = TestData.Zeros(count, DType.F32);
        First = TestData.Zeros(count, DType.F32);
        Second = TestData.Zeros(count, DType.F32);
        Copy = copy ? TestData.Zeros(count, DType.BF16) : null;
    }

    public TestBuffer Master { get; }
    public TestBuffer Gradient { get; }
    public TestBuffer First { get; }
    public TestBuffer Second { get; }
    public TestBuffer? Copy { get; }
    public ushort* CopyPointer => Copy is null ? null : Copy.Bf16;

    /// <summary>The gradient of step <paramref name="step"/>: normal numbers over four decades, some exactly zero.</summary>
    public static float[] GradientOf(int step, int count)
    {
        using TestBuffer normal = TestData.Normal(1000 + step, count, DType.F32);
        float[] gradient = normal.ToArray();
        for (int i = 0; i < count; i++)
            gradient[i] *= (i % 5) switch { 0 => 1f, 1 => 1e-2f, 2 => 10f, 3 => 1e-4f, _ => step % 3 == 0 ? 0f : 0.1f };
        return gradient;
    }

    public void SetGradient(ReadOnlySpan<float> gradient) => gradient.CopyTo(new Span<float>(Gradient.F32, (int)Gradient.Length));

    public void Dispose()
    {
        Master.Dispose();
        Gradient.Dispose();
        First.Dispose();
        Second.Dispose();
        Copy?.Dispose();
    }
}
