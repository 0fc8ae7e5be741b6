using Athanor.Tensors;
using Athanor.Tensors.Cpu;

namespace Athanor.Benchmarks.Kernels;

/// <summary>bf16 products in all transposes, packing included, and the same with B packed beforehand.</summary>
internal static class GemmBf16Cases
{
    public static void Run(KernelRun run)
    {
        CpuDevice device = run.Device;
        GemmShape[] layers = GemmShapes.Select(run.Options, gradients: false), gradients = GemmShapes.Select(run.Options, gradients: true);
        GemmShape[] transposed = [.. layers.Where(shape => shape.M > 1)];
        if (device.Path == KernelPath.Amx)
        {
            GemmCases.Run(run, device, run.Limits, new("gemm-bf16-nt", "A·Bᵀ, packing included", DType.BF16, DType.BF16, false, true), layers);
            GemmCases.Run(run, device, run.Limits, new("gemm-bf16-nn", "A·B, packing included", DType.BF16, DType.BF16, false, false), layers);
            GemmCases.Run(run, device, run.Limits, new("gemm-bf16-tn", "Aᵀ·B, packing included", DType.BF16, DType.BF16, true, false), run.Options.Quick ? transposed[..2] : [.. transposed, .. GemmShapes.Gradients]);
            GemmCases.Run(run, device, run.Limits, new("gemm-bf16-dw", "fp32 C += Aᵀ·B, packing included; the peer overwrites C", DType.BF16, DType.F32, true, false) { Accumulate = true }, gradients);
            if (!run.Options.Quick)
            {
                GemmCases.Run(run, device, run.Limits, new("gemm-bf16-packed-nt", "A·Bᵀ, B packed before", DType.BF16, DType.BF16, false, true) { Prepacked = true }, layers);
                GemmCases.Run(run, device, run.Limits, new("gemm-bf16-packed-nn", "A·B, B packed before", DType.BF16, DType.BF16, false, false) { Prepacked = true }, layers);
            }
        }

        // Machines without AMX widen bf16 to fp32 while packing.
        if (device.Path != KernelPath.Reference && run.Options.Wants("gemm-bf16-on-fp32"))
        {
            var simd = new CpuDevice(KernelPath.Simd, device.Lanes, device.Threads);
            GemmShape[] few = run.Options.Quick ? layers[..1] : layers[..5];
            GemmCases.Run(run with { Peer = null }, simd, run.Limits, new("gemm-bf16-on-fp32", "A·Bᵀ without AMX, bf16 widened to fp32", DType.BF16, DType.BF16, false, true), few);
        }
    }
}
