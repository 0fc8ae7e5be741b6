namespace Athanor.Tensors;

/// <summary>
/// The op list that a device implements, one partial declaration per family beside the family's kernels. Arguments are
/// pointers into the device's memory: no shapes are checked here, the ops above have done that.
/// </summary>
internal unsafe partial interface IKernels
{
    /// <summary>Fills bytes with zero.</summary>
    void Clear(void* target, long bytes);

    /// <summary>target = source, elementwise with conversion between F32, BF16 and I32; both views have the same shape.</summary>
    void Copy(in TensorView target, in TensorView source);

    /// <summary>target += source·scale, elementwise; floating types, computed in fp32.</summary>
    void Accumulate(in TensorView target, in TensorView source, float scale);

    /// <summary>Copies host bytes to the device.</summary>
    void Upload(void* target, ReadOnlySpan<byte> source);

    /// <summary>Copies device bytes to the host.</summary>
    void Download(Span<byte> target, void* source);
}

/// <summary>A tensor as kernels see it: where, which type, extents and strides in elements.</summary>
internal readonly unsafe struct TensorView(void* pointer, DType type, Shape shape, Strides strides)
{
    public readonly byte* Pointer = (byte*)pointer;
    public readonly DType DType = type;
    public readonly Shape Shape = shape;
    public readonly Strides Strides = strides;
}
