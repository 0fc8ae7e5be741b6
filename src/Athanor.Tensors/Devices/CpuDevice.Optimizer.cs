using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.AdamW(in AdamWArgs args) => AdamWKernel.Run(this, args);

    void IKernels.AdamW8(in AdamW8Args args) => AdamW8Kernel.Run(this, args);

    void IKernels.Lion(in LionArgs args) => LionKernel.Run(this, args);

    void IKernels.Sgd(in SgdArgs args) => SgdKernel.Run(this, args);

    void IKernels.Muon(in MuonArgs args) => MuonKernel.Run(this, args);

    long IKernels.MuonWorkspace(int rows, int columns) => MuonKernel.WorkspaceBytes(rows, columns);

    double IKernels.SquaredNorm(float* x, long count, double* partials) => SquaredNormKernel.Run(this, x, count, partials);
}
