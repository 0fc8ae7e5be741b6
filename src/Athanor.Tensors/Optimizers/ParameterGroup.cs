using Athanor.Tensors.Memory;

namespace Athanor.Tensors.Optimizers;

/// <summary>
/// Parameters that an optimizer treats alike, moved into flat buffers: one for the values, one for the fp32 gradients and, when the values are
/// BF16, one for the fp32 master weights that the optimizer really updates. A step is then one sweep over memory.
/// </summary>
/// <remarks>Dispose the group after its optimizer; the parameters keep their memory and are disposed by their model.</remarks>
public sealed unsafe class ParameterGroup : IDisposable
{
    /// <summary>Parameters start at multiples of this many elements: aligned for every width, and a whole block of 8-bit state.</summary>
    internal const int Alignment = 256;

    private readonly NativeBuffer _values, _gradients;
    private readonly NativeBuffer? _master;
    private readonly long[] _offsets;
    private bool _disposed;

    /// <summary>Moves the parameters into flat buffers, with their present values and gradients.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="parameters">Trainable parameters of one device and one type, F32 or BF16, none of them in another group.</param>
    public ParameterGroup(string name, IEnumerable<Parameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Name = name;
        Parameter[] members = [.. parameters];
        Parameters = members;
        Check(members);
        Device = members[0].Device;
        DType = members[0].DType;
        _offsets = new long[members.Length];
        for (int i = 0; i < members.Length; i++)
        {
            _offsets[i] = Count;
            Count += (members[i].Shape.Count + Alignment - 1) / Alignment * Alignment;
        }
        _values = Rent(Count * DType.Size(), "values");
        _gradients = Rent(Count * sizeof(float), "gradients");
        _master = DType == DType.BF16 ? Rent(Count * sizeof(float), "master weights") : null;
        for (int i = 0; i < members.Length; i++)
        {
            members[i].Move(_values, _offsets[i], _gradients, _offsets[i]);
            members[i].Group = this;
        }
        RefreshMaster();
    }

    public string Name { get; }
    public Device Device { get; }
    public DType DType { get; }
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Factor on the learning rate of every step.</summary>
    public float LearningRateFactor { get; set; } = 1;

    /// <summary>Factor on the optimizer's weight decay: 0 for norms, biases and, as a rule, embeddings.</summary>
    public float WeightDecayFactor { get; set; } = 1;

    /// <summary>Elements of the flat buffers, the gaps between parameters included; the gaps hold zeros for good.</summary>
    internal long Count { get; }
    internal float* Master => (float*)(_master ?? _values).Pointer;
    internal float* Gradient => (float*)_gradients.Pointer;
    internal ushort* Copy => _master is null ? null : (ushort*)_values.Pointer;

    /// <summary>First element of a parameter in the flat buffers.</summary>
    internal long Offset(int parameter) => _offsets[parameter];

    /// <summary>Sets all gradients to zero.</summary>
    public void ClearGradients() => Device.Kernels.Clear(Gradient, Count * sizeof(float));

    /// <summary>Makes the master weights equal to the parameters' values. Call it after writing values from outside, such as loading a checkpoint.</summary>
    public void RefreshMaster()
    {
        for (int i = 0; i < Parameters.Count; i++)
        {
            if (_master is not null)
                Device.Kernels.Copy(MasterView(i), Parameters[i].Value.View);
        }
    }

    /// <summary>Makes the parameters' values equal to the rounded master weights.</summary>
    internal void RefreshValues()
    {
        for (int i = 0; i < Parameters.Count; i++)
        {
            if (_master is not null)
                Device.Kernels.Copy(Parameters[i].Value.View, MasterView(i));
        }
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (Parameter parameter in Parameters)
            parameter.Group = null;
        _values.Release();
        _gradients.Release();
        _master?.Release();
    }

    public override string ToString() => $"{Name}: {Parameters.Count} parameters, {DType}, {Count:N0} elements";

    private TensorView MasterView(int i) => new(Master + _offsets[i], DType.F32, Parameters[i].Shape, Strides.RowMajor(Parameters[i].Shape));

    private NativeBuffer Rent(long bytes, string what)
    {
        NativeBuffer buffer = Device.Heap.Rent(bytes, $"the {what} of the group {Name}");
        Device.Kernels.Clear(buffer.Pointer, bytes);
        return buffer;
    }

    private void Check(Parameter[] members)
    {
        if (members.Length == 0)
            throw new ArgumentException($"The group {Name} has no parameters.");
        var seen = new HashSet<Parameter>();
        foreach (Parameter parameter in members)
        {
            if (!seen.Add(parameter))
                throw new ArgumentException($"The group {Name} lists {parameter} twice. A tied parameter is listed once.");
            if (!parameter.Trainable)
                throw new ArgumentException($"{parameter} in the group {Name} is not trainable: leave it out.");
            if (parameter.Group is ParameterGroup other)
                throw new ArgumentException($"{parameter} is already in the group {other.Name}: a parameter has one optimizer.");
            if (!parameter.DType.IsFloating())
                throw new ArgumentException($"{parameter} in the group {Name} cannot be optimized: use F32 or BF16.");
            if (parameter.DType != members[0].DType || parameter.Device != members[0].Device)
                throw new ArgumentException($"The group {Name} mixes {members[0]} on {members[0].Device} with {parameter} on {parameter.Device}: make a group for each type and device.");
        }
    }
}
