using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <summary>Writes O and, when asked for, the log-sum-exp of every row.</summary>
    void AttentionForward(in AttentionArgs args);

    /// <summary>Writes the gradients of Q, K and V from O, its gradient and the log-sum-exp.</summary>
    void AttentionBackward(in AttentionArgs args);

    /// <summary>Attention of many texts over a paged cache.</summary>
    void PagedAttention(in PagedAttentionArgs args);

    /// <summary>New keys and values into a paged cache.</summary>
    void PagedWrite(in PagedWriteArgs args);
}
