using Athanor.Tensors;

namespace Athanor.Models.Layers;

/// <summary>Shows what goes into each projection of a model to whoever calibrates a quantizer with it.</summary>
internal sealed class ProjectionProbe
{
    /// <summary>
    /// Told the weight's name (<c>layers.0.attention.qkv.weight</c>) and its input before each product; null for nobody. Where it answers false, nobody wants what comes of the product: zeros take its place.
    /// </summary>
    public Func<string, Tensor, bool>? Seen { get; set; }
}
