namespace Athanor.Benchmarks.Kernels;

/// <summary>Rows of C, columns of C, length of the sums.</summary>
internal readonly record struct GemmShape(int M, int N, int K)
{
    public double Flops => 2.0 * M * N * K;

    /// <summary>Big enough that the arithmetic, not the start or one operand's memory, should decide the time.</summary>
    public bool Large => Math.Min(M, Math.Min(N, K)) >= 384 && Flops >= 1e9;

    public override string ToString() => $"{M}x{N}x{K}";
}

/// <summary>The shapes by which matrix products are judged: GPT-2 and Llama-like layers, small, thin and single-row ones.</summary>
internal static class GemmShapes
{
    public static readonly GemmShape[] Layers =
    [
        new(1024, 1024, 1024), new(4096, 768, 768), new(4096, 3072, 768), new(4096, 768, 3072), new(2048, 8192, 768),
        new(512, 512, 512), new(8192, 384, 384), new(64, 768, 768), new(1, 4096, 4096),
    ];

    /// <summary>Few rows, as when tokens are generated, and few columns, as of a router.</summary>
    public static readonly GemmShape[] Few = [new(1, 4096, 4096), new(4, 4096, 4096), new(8, 4096, 4096), new(12, 4096, 4096), new(8, 768, 768), new(4096, 8, 768)];

    /// <summary>Weight gradients as they occur: outputs × inputs × tokens.</summary>
    public static readonly GemmShape[] Gradients = [new(768, 768, 4096), new(2304, 768, 4096), new(3072, 768, 4096), new(768, 3072, 4096)];

    public static GemmShape[] Select(Options options, bool gradients) => options.Quick
        ? gradients ? [new(1024, 1024, 1024), new(768, 768, 4096)] : [new(1024, 1024, 1024), new(4096, 768, 768), new(64, 768, 768), new(1, 4096, 4096)]
        : gradients ? [.. Layers.Where(shape => shape.M > 1), .. Gradients] : Layers;
}
