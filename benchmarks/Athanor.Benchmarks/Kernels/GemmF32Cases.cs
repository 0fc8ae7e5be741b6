using Athanor.Tensors;
using Athanor.Tensors.Cpu;

namespace Athanor.Benchmarks.Kernels;

/// <summary>fp32 products in all transposes on the device's vectors, and on the AVX2 tier.</summary>
internal static class GemmF32Cases
{
    public static void Run(KernelRun run)
    {
        if (run.Device.Path == KernelPath.Reference)
            return;
        GemmShape[] layers = GemmShapes.Select(run.Options, gradients: false), gradients = GemmShapes.Select(run.Options, gradients: true);
        if (run.Options.Quick)
            layers = [layers[0], layers[2]];
        GemmCases.Run(run, run.Device, run.Limits, new("gemm-f32-nt", "A·Bᵀ, packing included", DType.F32, DType.F32, false, true), layers);
        GemmCases.Run(run, run.Device, run.Limits, new("gemm-f32-nn", "A·B, packing included", DType.F32, DType.F32, false, false), layers);
        GemmCases.Run(run, run.Device, run.Limits, new("gemm-f32-tn", "Aᵀ·B, packing included", DType.F32, DType.F32, true, false), run.Options.Quick ? layers[..1] : gradients);
        if (!run.Options.Quick)
        {
            GemmCases.Run(run, run.Device, run.Limits, new("gemm-f32-few-nt", "A·Bᵀ of few rows or columns", DType.F32, DType.F32, false, true), GemmShapes.Few);
            GemmCases.Run(run, run.Device, run.Limits, new("gemm-f32-few-nn", "A·B of few rows or columns", DType.F32, DType.F32, false, false), GemmShapes.Few);
        }
        if (run.Device.Lanes > 8 && run.Options.Wants("gemm-f32-avx2"))
        {
            var narrow = new CpuDevice(KernelPath.Simd, 8, run.Device.Threads);
            using var limits = new Limits(narrow);
            GemmCases.Run(run with { Peer = null }, narrow, limits, new("gemm-f32-avx2", "A·Bᵀ with 8 lanes", DType.F32, DType.F32, false, true), run.Options.Quick ? layers[..1] : layers[..8]);
        }
    }
}
