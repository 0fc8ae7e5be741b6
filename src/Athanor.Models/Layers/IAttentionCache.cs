using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>
/// The keys and values of earlier tokens, kept from pass to pass, and attention over them. How they are kept is the cache's affair: one text a row
/// (<see cref="KeyValueCache"/>), or blocks of many texts whose new tokens stand behind one another in one row.
/// </summary>
public interface IAttentionCache
{
    /// <summary>The position of the first token of the coming pass, where its input says none.</summary>
    int Length { get; }

    /// <summary>One past the highest position of a pass over <paramref name="time"/> tokens a row.</summary>
    int EndOf(int time);

    /// <summary>The length for which dynamic rotary scaling is chosen in a pass over <paramref name="time"/> tokens a row.</summary>
    int RotaryLengthOf(int time);

    /// <summary>Takes in the new keys and values [B, T, Hkv, K] of a layer and gives the attention of the queries [B, T, H, K] over all that they may see.</summary>
    Tensor Attend(int layer, Tensor queries, Tensor keys, Tensor values, in AttentionOptions options);

    /// <summary>A pass over all layers is done: its tokens count.</summary>
    void Advance();
}
