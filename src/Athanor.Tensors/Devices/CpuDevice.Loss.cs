using Athanor.Tensors.Cpu;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.CheckTargets(int* targets, long rows, int vocabulary, int ignoreIndex) =>
        CrossEntropyKernel.CheckTargets(targets, rows, vocabulary, ignoreIndex);

    LossTotals IKernels.TotalLoss(int* targets, float* weights, float* losses, long rows, int ignoreIndex) =>
        CrossEntropyKernel.Total(targets, weights, losses, rows, ignoreIndex);

    void IKernels.CrossEntropyForward(in CrossEntropyArgs args) => CrossEntropyKernel.Forward(this, args);

    void IKernels.CrossEntropyBackward(in CrossEntropyArgs args) => CrossEntropyKernel.Backward(this, args);

    void IKernels.LogProbForward(in CrossEntropyArgs args) => LogProbKernel.Forward(this, args);

    void IKernels.LogProbBackward(in CrossEntropyArgs args) => LogProbKernel.Backward(this, args);

    void IKernels.EntropyForward(in CrossEntropyArgs args) => EntropyKernel.Forward(this, args);

    void IKernels.EntropyBackward(in CrossEntropyArgs args) => EntropyKernel.Backward(this, args);

    void IKernels.LogitRows(in CrossEntropyArgs args, float* values, double* logSumExp) => LogitRowsKernel.Run(this, args, values, logSumExp);

    long IKernels.LinearCrossEntropyScratch(in LinearCrossEntropyArgs args) =>
        Path == KernelPath.Reference ? 0 : new LinearLossPlan(args).Bytes;

    void IKernels.LinearCrossEntropy(in LinearCrossEntropyArgs args) => LinearCrossEntropyKernel.Run(this, args);
}
