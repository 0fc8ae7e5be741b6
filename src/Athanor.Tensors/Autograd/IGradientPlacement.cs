namespace Athanor.Tensors.Autograd;

/// <summary>
/// Lets the gradients of parts be written straight into the gradient of the whole: the node that made the parts says where.
/// </summary>
internal interface IGradientPlacement
{
    /// <summary>A view into the whole's gradient (contents undefined) for one part.</summary>
    Tensor Place(int part);
}
