using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Loss;

/// <summary>Buffers of one cross-entropy problem, and what a device makes of it.</summary>
internal sealed unsafe class CrossEntropyCase : IDisposable
{
    public const int Ignore = -100;

    public CrossEntropyCase(int rows, int vocabulary, DType type, int seed = 1, double scale = 3, bool weighted = true)
    {
        (Rows, Vocabulary, Type) = (rows, vocabulary, type);
        Logits = TestData.Normal(seed, (long)rows * vocabulary, type, scale);
        Targets = TestData.Integers(seed + 1, rows, 0, vocabulary);
        for (int i = 3; i < rows; i += 5)
            Targets[i] = Ignore;
        Weights = weighted ? TestData.Normal(seed + 2, rows, DType.F32) : null;
    }

    public int Rows { get; }
    public int Vocabulary { get; }
    public DType Type { get; }
    public TestBuffer Logits { get; }
    public TestBuffer Targets { get; }
    public TestBuffer? Weights { get; }
    public CrossEntropyTerms Terms { get; set; } = new() { IgnoreIndex = Ignore };

    public CrossEntropyArgs Args(TestBuffer losses, TestBuffer lse, TestBuffer? gradient = null) => new()
    {
        Rows = Rows,
        Vocabulary = Vocabulary,
        Logits = Logits.Pointer,
        LogitStride = Vocabulary,
        Type = Type,
        Targets = Targets.I32,
        Weights = Weights is null ? null : Weights.F32,
        Terms = Terms,
        Losses = losses.F32,
        LogSumExp = lse.F32,
        Scale = 0.25f,
        Gradient = gradient is null ? null : gradient.Pointer,
        GradientStride = Vocabulary,
        GradientType = gradient?.Type ?? Type,
    };

    public Result Run(CpuDevice device, DType? gradientType = null)
    {
        var result = new Result(new(Rows, DType.F32), new(Rows, DType.F32), new((long)Rows * Vocabulary, gradientType ?? Type));
        CrossEntropyArgs args = Args(result.Losses, result.LogSumExp, result.Gradient);
        CrossEntropyKernel.Forward(device, args);
        CrossEntropyKernel.Backward(device, args);
        return result;
    }

    public void Dispose()
    {
        Logits.Dispose();
        Targets.Dispose();
        Weights?.Dispose();
    }

    internal sealed record Result(TestBuffer Losses, TestBuffer LogSumExp, TestBuffer Gradient) : IDisposable
    {
        public void Dispose()
        {
            Losses.Dispose();
            LogSumExp.Dispose();
            Gradient.Dispose();
        }
    }
}
