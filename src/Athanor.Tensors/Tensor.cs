using System.Runtime.InteropServices;
using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>
/// A view of typed numbers in a device's memory. A tensor is a small handle: it belongs to the <see cref="StepScope"/> it was made
/// in and dies with it; using it later is an error that says so. Parameters (<see cref="Parameter"/>) live on.
/// </summary>
public readonly partial struct Tensor : IEquatable<Tensor>
{
    private readonly TensorState? _state;
    private readonly int _version;

    internal Tensor(TensorState state)
    {
        _state = state;
        _version = state.Version;
    }

    internal TensorState State
    {
        get
        {
            if (_state is null)
                throw new InvalidOperationException("This tensor was never assigned.");
            if (_state.Version != _version)
                throw new InvalidOperationException("This tensor's step scope has ended. Copy what you need (CopyTo, Item) before the scope is disposed.");
            return _state;
        }
    }

    /// <summary>False for a default handle.</summary>
    public bool Exists => _state is not null;
    public Device Device => State.Device;
    public Shape Shape => State.Shape;
    public DType DType => State.DType;

    /// <summary>Number of elements.</summary>
    public long Count => State.Shape.Count;

    /// <summary>Elements between neighbours along each dimension.</summary>
    public Strides Strides => State.Strides;

    /// <summary>Whether the elements lie in row-major order without gaps.</summary>
    public bool IsContiguous => State.IsContiguous;

    /// <summary>Whether gradients flow into this tensor.</summary>
    public bool RequiresGrad => State.RequiresGrad;

    /// <summary>The gradient that Backward left in a leaf; a default handle when there is none.</summary>
    public Tensor Grad => State.Gradient is { } gradient ? new Tensor(gradient) : default;

    internal unsafe TensorView View => State.View();
    internal unsafe void* Data => State.Address();
    internal IKernels Kernels => State.Device.Kernels;

    /// <summary>A tensor with undefined contents in the current scope.</summary>
    public static Tensor Empty(Device device, in Shape shape, DType type = DType.F32) => StepScope.Require().Allocate(device, shape, type, "a tensor");

    /// <summary>A tensor of zeros in the current scope.</summary>
    public static unsafe Tensor Zeros(Device device, in Shape shape, DType type = DType.F32)
    {
        Tensor tensor = Empty(device, shape, type);
        device.Kernels.Clear(tensor.Data, shape.Count * type.Size());
        return tensor;
    }

    /// <summary>A tensor with the given numbers, row-major; the type may be F32, BF16 (rounded) or I32 (truncated).</summary>
    /// <param name="requiresGrad">Makes it a leaf whose gradient Backward leaves in <see cref="Grad"/>.</param>
    public static unsafe Tensor From(Device device, in Shape shape, ReadOnlySpan<float> values, DType type = DType.F32, bool requiresGrad = false)
    {
        CheckLength(shape, values.Length);
        Tensor tensor = Empty(device, shape, DType.F32);
        device.Kernels.Upload(tensor.Data, MemoryMarshal.AsBytes(values));
        if (type != DType.F32)
        {
            Tensor converted = Empty(device, shape, type);
            device.Kernels.Copy(converted.View, tensor.View);
            tensor.Release();
            tensor = converted;
        }
        tensor.State.RequiresGrad = requiresGrad;
        return tensor;
    }

    /// <summary>An I32 tensor: token ids, indices, segments.</summary>
    public static unsafe Tensor From(Device device, in Shape shape, ReadOnlySpan<int> values)
    {
        CheckLength(shape, values.Length);
        Tensor tensor = Empty(device, shape, DType.I32);
        device.Kernels.Upload(tensor.Data, MemoryMarshal.AsBytes(values));
        return tensor;
    }

    /// <summary>Copies the values out as fp32, row-major.</summary>
    public unsafe void CopyTo(Span<float> target)
    {
        CheckLength(Shape, target.Length);
        if (DType == DType.F32 && IsContiguous)
        {
            Kernels.Download(MemoryMarshal.AsBytes(target), Data);
            return;
        }
        Tensor plain = StepScope.Require().Allocate(Device, Shape, DType.F32, nameof(CopyTo));
        Kernels.Copy(plain.View, View);
        Kernels.Download(MemoryMarshal.AsBytes(target), plain.Data);
        plain.Release();
    }

    /// <summary>Copies integers out, row-major; I32 only.</summary>
    public unsafe void CopyTo(Span<int> target)
    {
        CheckLength(Shape, target.Length);
        if (DType != DType.I32 || !IsContiguous)
            throw new ArgumentException($"Integers are copied from a contiguous I32 tensor; this one is {DType}{Shape}.");
        Kernels.Download(MemoryMarshal.AsBytes(target), Data);
    }

    /// <summary>The values as fp32, row-major, in a new array.</summary>
    public float[] ToArray()
    {
        var values = new float[Count];
        CopyTo(values);
        return values;
    }

    /// <summary>The only element.</summary>
    public float Item()
    {
        Span<float> value = stackalloc float[1];
        CopyTo(value);
        return value[0];
    }

    /// <summary>Asks Backward to leave this tensor's values in place until the scope ends.</summary>
    public Tensor Keep()
    {
        State.Kept = true;
        return this;
    }

    /// <summary>The same values without a gradient path.</summary>
    public Tensor Detach() => StepScope.Require().Alias(this, Shape, Strides, State.Offset);

    /// <summary>Runs the backward pass from this scalar: gradients accumulate in parameters and leaves.</summary>
    /// <param name="seed">The gradient of this tensor itself: 1, or a factor for all gradients.</param>
    public void Backward(float seed = 1) => StepScope.Require().Backward(this, seed);

    /// <summary>A slice outside autograd.</summary>
    internal Tensor Window(int dimension, int start, int length) =>
        StepScope.Require().Alias(this, Shape.With(dimension, length), Strides, State.Offset + start * Strides[dimension]);

    /// <summary>Gives up a temporary before the scope ends. Only for tensors that no node has saved.</summary>
    internal void Release() => State.ReleaseBuffer("it was a temporary");

    /// <summary>Whether an op may write its result over these values: nobody else holds them and no node has saved them.</summary>
    internal bool CanOverwrite
    {
        get
        {
            TensorState state = State;
            return state.Saved == 0 && !state.Kept && state.Scope is not null && state.Buffer is { References: 1 };
        }
    }

    public bool Equals(Tensor other) => _state == other._state && _version == other._version;
    public override bool Equals(object? obj) => obj is Tensor other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(_state, _version);
    public static bool operator ==(Tensor left, Tensor right) => left.Equals(right);
    public static bool operator !=(Tensor left, Tensor right) => !left.Equals(right);

    /// <summary>Type and shape: BF16[8, 256, 384].</summary>
    public override string ToString() => _state is null ? "(none)" : $"{State.DType}{State.Shape}";

    private static void CheckLength(in Shape shape, int length)
    {
        if (shape.Count != length)
            throw new ArgumentException($"The shape {shape} has {shape.Count} elements, the span {length}.");
    }
}
