using System.Runtime.InteropServices;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice : IKernels
{
    void IKernels.Clear(void* target, long bytes) => ClearKernel.Run(this, target, bytes);

    void IKernels.Copy(in TensorView target, in TensorView source)
    {
        if (target.DType == source.DType)
            CopyKernel.Copy(this, target, source);
        else if (target.Strides.IsRowMajor(target.Shape) && source.Strides.IsRowMajor(source.Shape))
            CastKernel.Cast(this, source.DType, source.Pointer, target.DType, target.Pointer, source.Shape.Count);
        else
            StridedKernel.Convert(this, target, source);
    }

    void IKernels.Accumulate(in TensorView target, in TensorView source, float scale) => StridedKernel.Accumulate(this, target, source, scale);

    void IKernels.Upload(void* target, ReadOnlySpan<byte> source) => source.CopyTo(new Span<byte>(target, source.Length));

    void IKernels.Download(Span<byte> target, void* source) =>
        MemoryMarshal.CreateReadOnlySpan(ref *(byte*)source, target.Length).CopyTo(target);
}
