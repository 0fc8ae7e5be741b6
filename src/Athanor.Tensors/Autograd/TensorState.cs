using Athanor.Tensors.Memory;

namespace Athanor.Tensors.Autograd;

/// <summary>
/// What a <see cref="Tensor"/> handle points to. States are recycled with their scope; the version tells a stale handle.
/// </summary>
internal sealed class TensorState
{
    public Device Device = null!;
    public Shape Shape;
    public Strides Strides;
    public DType DType;

    /// <summary>First element, counted from the start of the buffer.</summary>
    public long Offset;

    /// <summary>One counted reference, or null once given up.</summary>
    public NativeBuffer? Buffer;
    public int Version;

    /// <summary>Owner; null for parameters, which outlive every scope.</summary>
    public StepScope? Scope;

    /// <summary>Whether gradients should flow into this tensor.</summary>
    public bool RequiresGrad;

    /// <summary>The node whose backward consumes this tensor's gradient; null for leaves.</summary>
    public Node? Producer;

    /// <summary>Set by <see cref="Tensor.Keep"/>: Backward leaves the values in place.</summary>
    public bool Kept;

    /// <summary>Why the values are gone, for the message of whoever asks.</summary>
    public string? Gone;

    /// <summary>The gradient so far; one adoption of that state.</summary>
    public TensorState? Gradient;

    /// <summary>How many tensors have this state as their gradient.</summary>
    public int Adopted;

    /// <summary>How many unfinished nodes have saved this tensor's buffer through this state.</summary>
    public int Saved;

    /// <summary>Set on the parts of a split: where their gradients are best written.</summary>
    public IGradientPlacement? Placement;
    public int PlacementIndex;

    public bool IsContiguous => Strides.IsRowMajor(Shape);

    public unsafe TensorView View() => new(Address(), DType, Shape, Strides);

    public unsafe void* Address()
    {
        if (Buffer is null)
            throw new InvalidOperationException($"The values of this {DType}{Shape} tensor are gone: {Gone ?? "its step scope has ended"}.");
        return Buffer.Pointer + Offset * DType.Size();
    }

    /// <summary>Gives up the reference to the buffer.</summary>
    public void ReleaseBuffer(string? reason)
    {
        Buffer?.Release();
        Buffer = null;
        Gone = reason;
    }

    public void DropGradient()
    {
        TensorState? gradient = Gradient;
        Gradient = null;
        if (gradient is not null && --gradient.Adopted == 0)
            gradient.ReleaseBuffer("the gradient was consumed");
    }

    public void Reset()
    {
        ReleaseBuffer(null);
        Version++;
        Scope = null;
        RequiresGrad = false;
        Producer = null;
        Kept = false;
        Gradient = null;
        Adopted = 0;
        Saved = 0;
        Placement = null;
    }
}
