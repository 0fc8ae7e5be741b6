using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <inheritdoc cref="DropoutKernel"/>
    void Dropout(DType type, void* x, void* y, long n, float probability, ulong seed, ulong stream);

    /// <summary>Uniform numbers in [low, high).</summary>
    void RandomUniform(DType type, void* target, long n, float low, float high, ulong seed, ulong stream);

    /// <summary>Normal numbers.</summary>
    void RandomNormal(DType type, void* target, long n, float mean, float deviation, ulong seed, ulong stream);
}
