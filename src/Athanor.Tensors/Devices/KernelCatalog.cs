using Athanor.Tensors.Cpu;

namespace Athanor.Tensors;

/// <summary>Which kernels a family of ops takes on a device, and why.</summary>
/// <param name="Family">The family's folder of kernels.</param>
/// <param name="Ops">The ops, in words.</param>
/// <param name="Type">Storage type of the operands.</param>
/// <param name="Path">The kernels that run.</param>
/// <param name="Lanes">fp32 lanes of the vector code around or inside them.</param>
/// <param name="Reason">One clause.</param>
public sealed record KernelChoice(string Family, string Ops, DType Type, KernelPath Path, int Lanes, string Reason);

/// <summary>The op families and the kernels they take: what <c>athanor doctor</c> prints.</summary>
public static class KernelCatalog
{
    // Matrix families have AMX kernels for bf16; the others wait for memory, which vectors keep busy.
    private static readonly (string Family, string Ops, bool Matrix)[] Families =
    [
        ("MatMul", "matrix products: plain, batched, grouped, linear", true),
        ("Attention", "flash attention, forward and backward", true),
        ("Norm", "RMSNorm, LayerNorm, with residual", false),
        ("Rope", "rotary positions, ALiBi slopes", false),
        ("Activation", "SwiGLU, GeGLU, GELU, SiLU, ReLU²", false),
        ("Softmax", "softmax, log-softmax", false),
        ("Loss", "cross-entropy, log-probabilities, entropy", false),
        ("Elementwise", "arithmetic with broadcasting, casts, selection", false),
        ("Reduction", "sums, means, extremes", false),
        ("Dropout", "dropout, random numbers", false),
        ("Index", "embedding, gather, scatter, sort, top-k, cumulative sum", false),
        ("Sequence", "causal convolution, selective scan", false),
        ("Optimizer", "AdamW, 8-bit AdamW, Lion, SGD, Muon, norms", false),
        ("Packed", "products with weights in blocks (Q8_0, Q4_K, …), their rows", true),
        ("Memory", "copies, clearing, accumulation", false),
    ];

    /// <summary>Names of the families, one for each folder of kernels.</summary>
    public static IReadOnlyList<string> FamilyNames { get; } = [.. Families.Select(f => f.Family)];

    /// <summary>What each family does on a device with BF16 and with F32 operands.</summary>
    public static IReadOnlyList<KernelChoice> For(CpuDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var choices = new List<KernelChoice>();
        foreach (var (family, ops, matrix) in Families)
        {
            choices.Add(Choose(device, family, ops, matrix, DType.BF16));
            choices.Add(Choose(device, family, ops, matrix, DType.F32));
        }
        return choices;
    }

    private static KernelChoice Choose(CpuDevice device, string family, string ops, bool matrix, DType type)
    {
        var (path, reason) = (device.Path, matrix, type) switch
        {
            (KernelPath.Reference, _, _) => (KernelPath.Reference, "the reference kernels were asked for (ATHANOR_CPU=reference)"),
            (KernelPath.Amx, true, DType.BF16) => (KernelPath.Amx, "AMX multiplies bf16 tiles and sums in fp32"),
            (KernelPath.Amx, true, _) => (KernelPath.Simd, "AMX has no fp32 products"),
            (_, false, _) => (KernelPath.Simd, "vectors already wait for memory here"),
            (_, true, DType.BF16) => (KernelPath.Simd, "no AMX: " + (CpuFeatures.AmxUnavailableBecause ?? "the vector path was asked for (ATHANOR_CPU)") + "; bf16 is widened to fp32"),
            _ => (KernelPath.Simd, "fp32 multiply-adds at the device's vector width"),
        };
        return new KernelChoice(family, ops, type, path, path == KernelPath.Reference ? 1 : device.Lanes, reason);
    }
}
