using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public sealed unsafe partial class CpuDevice
{
    void IKernels.AttentionForward(in AttentionArgs args) => FlashAttention.Forward(this, args);

    void IKernels.AttentionBackward(in AttentionArgs args) => FlashAttention.Backward(this, args);

    void IKernels.PagedAttention(in PagedAttentionArgs args) => PagedAttentionKernel.Run(this, args);

    void IKernels.PagedWrite(in PagedWriteArgs args) => PagedWriteKernel.Run(this, args);
}
