namespace Athanor.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Scaled dot-product attention, o[B, Tq, Hq, K]. Never stores Tq×Tk: the forward pass keeps one number per row, the backward pass
    /// recomputes the weights. Source: Dao, FlashAttention-2, arXiv 2307.08691.
    /// </summary>
    /// <param name="q">F32 or BF16 [B, Tq, Hq, K]. Views are read as they lie, for example parts of a fused [B, T, Hq + 2·Hkv, K] (Split).</param>
    /// <param name="k">[B, Tk, Hkv, K], the type of <paramref name="q"/>; Hkv divides Hq: query head h uses key head h / (Hq / Hkv).</param>
    /// <param name="v">[B, Tk, Hkv, K], the type of <paramref name="q"/>.</param>
    /// <param name="options">Masks and biases; the default sees everything.</param>
    /// <exception cref="ArgumentException">Types or shapes do not fit, or an option is out of range.</exception>
    public static Tensor Attention(Tensor q, Tensor k, Tensor v, in AttentionOptions options = default) => AttentionNode.Apply(q, k, v, options);
}
