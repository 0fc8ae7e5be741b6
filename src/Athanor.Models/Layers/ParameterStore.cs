using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;
using Athanor.Tensors.Blocks;

namespace Athanor.Models.Layers;

/// <summary>Makes a model's parameters in a fixed order; each draws from a random stream of its own, so adding an option moves no other's numbers.</summary>
internal sealed class ParameterStore(Device device, ModelConfig config, DType type, InitialValues? initial, bool trainable, IPackedWeights? packed)
{
    private readonly List<ModelParameter> _all = [];
    private readonly List<PackedMatrix> _packed = [];

    public IReadOnlyList<ModelParameter> All => _all;

    public ProjectionProbe Probe { get; } = new();

    public IReadOnlyList<PackedMatrix> Packed => _packed;

    /// <summary>A matrix that may come packed.</summary>
    public Weight Weight(string name, int rows, int columns, ParameterRole role, string part, bool feedForwardOutput = false)
    {
        if (packed?.Find(name) is not { } matrix)
            return new Weight(Matrix(name, rows, columns, role, part, feedForwardOutput), null);
        if (matrix.Rows != rows || matrix.Columns != columns)
            throw new ArgumentException($"The packed weights give {matrix} for {name}; it must be [{rows}, {columns}].");
        _packed.Add(matrix);
        return new Weight(null, matrix);
    }

    /// <summary>A matrix or table of normal numbers; contents undefined when no initial values were asked for (a checkpoint follows).</summary>
    public Parameter Matrix(string name, int rows, int columns, ParameterRole role, string part, bool feedForwardOutput = false)
    {
        Parameter parameter = Add(new Parameter(device, name, new Shape(rows, columns), type, trainable), role, part, feedForwardOutput);
        if (initial is null)
            return parameter;
        float deviation = initial.DeviationOf(role, config, feedForwardOutput);
        RandomFill.Normal(parameter, 0, deviation, initial.Seed, StreamOf(name));
        return parameter;
    }

    /// <summary>Gains in fp32, all 1: their steps near 1 are finer than bf16's.</summary>
    public Parameter Gain(string name, int size) => Constant(name, size, 1, ParameterRole.Gain, "norm");

    /// <summary>Biases, all 0.</summary>
    public Parameter Bias(string name, int size, string part) => Constant(name, size, 0, ParameterRole.Bias, part);

    private Parameter Constant(string name, int size, float value, ParameterRole role, string part)
    {
        Parameter parameter = Add(new Parameter(device, name, new Shape(size), trainable: trainable), role, part, false);
        var values = new float[size];
        Array.Fill(values, value);
        device.Upload(parameter, values);
        return parameter;
    }

    private Parameter Add(Parameter parameter, ParameterRole role, string part, bool feedForwardOutput)
    {
        _all.Add(new ModelParameter(parameter, role, part, feedForwardOutput));
        return parameter;
    }

    // FNV-1a over the name.
    private static ulong StreamOf(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in name)
            hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
