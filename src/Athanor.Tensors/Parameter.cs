using Athanor.Tensors.Autograd;
using Athanor.Tensors.Memory;

namespace Athanor.Tensors;

/// <summary>
/// A tensor that outlives steps: a weight with its fp32 gradient, or a buffer when it is not trainable. Belongs to its
/// model, which disposes it; converts to <see cref="Tensor"/> wherever one is expected.
/// </summary>
public sealed class Parameter : IDisposable
{
    private readonly TensorState _value = new();
    private readonly TensorState? _gradient;

    /// <summary>Allocates a parameter of its own; contents undefined, gradient zero.</summary>
    public Parameter(Device device, string name, in Shape shape, DType type = DType.F32, bool trainable = true)
        : this(device, name, shape, type, device.Heap.Rent(shape.Count * type.Size(), name), 0,
            trainable ? device.Heap.Rent(shape.Count * sizeof(float), name) : null, 0)
    {
        ClearGradient();
    }

    /// <summary>A parameter inside flat buffers of a group; takes over one reference of each buffer.</summary>
    internal Parameter(Device device, string name, in Shape shape, DType type, NativeBuffer values, long offset, NativeBuffer? gradients, long gradientOffset)
    {
        Name = name;
        Fill(_value, device, shape, type, values, offset);
        if (gradients is not null)
        {
            _gradient = new TensorState();
            Fill(_gradient, device, shape, DType.F32, gradients, gradientOffset);
            _gradient.Adopted = 1;
            _value.Gradient = _gradient;
            _value.RequiresGrad = true;
        }
    }

    /// <summary>The dotted path in the model, as in checkpoints.</summary>
    public string Name { get; }
    public Shape Shape => _value.Shape;
    public DType DType => _value.DType;
    public Device Device => _value.Device;
    public bool Trainable => _gradient is not null;

    /// <summary>The values.</summary>
    public Tensor Value => new(_value);

    /// <summary>The accumulated fp32 gradient; a default handle for buffers.</summary>
    public Tensor Gradient => _gradient is null ? default : new Tensor(_gradient);

    public static implicit operator Tensor(Parameter parameter) => parameter.Value;

    /// <summary>Sets the gradient to zero.</summary>
    public unsafe void ClearGradient()
    {
        if (_gradient is not null)
            Device.Kernels.Clear(_gradient.Address(), Shape.Count * sizeof(float));
    }

    /// <summary>The optimizer group whose flat buffers hold this parameter; null while it has its own.</summary>
    internal object? Group { get; set; }

    /// <summary>Moves values and gradient into flat buffers, which gain a reference each. Handles to the parameter stay good, views of it do not.</summary>
    internal void Move(NativeBuffer values, long offset, NativeBuffer gradients, long gradientOffset)
    {
        Relocate(_value, values, offset);
        Relocate(_gradient ?? throw new InvalidOperationException($"The parameter {Name} is not trainable."), gradients, gradientOffset);
    }

    public void Dispose()
    {
        _value.ReleaseBuffer($"the parameter {Name} was disposed");
        _value.Version++;
        _gradient?.ReleaseBuffer($"the parameter {Name} was disposed");
    }

    public override string ToString() => $"{Name}: {DType}{Shape}";

    private static void Relocate(TensorState state, NativeBuffer buffer, long offset)
    {
        TensorView from = state.View();
        NativeBuffer old = state.Buffer!;
        buffer.Retain();
        state.Buffer = buffer;
        state.Offset = offset;
        state.Device.Kernels.Copy(state.View(), from);
        old.Release();
    }

    private static void Fill(TensorState state, Device device, in Shape shape, DType type, NativeBuffer buffer, long offset)
    {
        state.Device = device;
        state.Shape = shape;
        state.DType = type;
        state.Strides = Strides.RowMajor(shape);
        state.Buffer = buffer;
        state.Offset = offset;
    }
}
