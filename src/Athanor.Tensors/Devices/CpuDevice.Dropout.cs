using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.Dropout(DType type, void* x, void* y, long n, float probability, ulong seed, ulong stream) =>
        DropoutKernel.Apply(this, type, x, y, n, probability, seed, stream);

    void IKernels.RandomUniform(DType type, void* target, long n, float low, float high, ulong seed, ulong stream) =>
        RandomKernel.Uniform(this, type, target, n, low, high, seed, stream);

    void IKernels.RandomNormal(DType type, void* target, long n, float mean, float deviation, ulong seed, ulong stream) =>
        RandomKernel.Normal(this, type, target, n, mean, deviation, seed, stream);
}
