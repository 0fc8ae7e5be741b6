using System.Numerics;
using Athanor.Tensors.Memory;
using Athanor.Tensors.Safetensors;

namespace Athanor.Tensors.Optimizers;

/// <summary>
/// An exponential moving average of weights, a += (1 − β)·(w − a), in fp32 over the master weights (Polyak and Juditsky 1992; Tarvainen and Valpola 2017, arXiv 1703.01780).
/// Starts as a copy of the weights.
/// </summary>
/// <remarks>Dispose it before its groups.</remarks>
public sealed unsafe class WeightAverage : IDisposable
{
    private const long Chunk = 1 << 16;
    private readonly ParameterGroup[] _groups;
    private readonly NativeBuffer[] _averages;

    /// <summary>An average of all weights of these groups.</summary>
    public WeightAverage(IEnumerable<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        _groups = [.. groups];
        _averages = new NativeBuffer[_groups.Length];
        for (int g = 0; g < _groups.Length; g++)
        {
            _averages[g] = _groups[g].Device.Heap.Rent(_groups[g].Count * sizeof(float), $"the average of the group {_groups[g].Name}");
            Buffer.MemoryCopy(_groups[g].Master, _averages[g].Pointer, _groups[g].Count * sizeof(float), _groups[g].Count * sizeof(float));
        }
    }

    /// <summary>Takes the present weights in.</summary>
    /// <param name="decay">β in [0, 1].</param>
    public void Update(float decay)
    {
        if (!(decay is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "The decay of an average lies between 0 and 1.");
        for (int g = 0; g < _groups.Length; g++)
        {
            var job = new Job { Average = (float*)_averages[g].Pointer, Weights = _groups[g].Master, Share = 1 - decay };
            if (_groups[g].Device is CpuDevice cpu)
                cpu.Team.For(_groups[g].Count, Chunk, &Part, &job);
            else
                throw new NotSupportedException($"Averages are kept on the processor; the group is on {_groups[g].Device}.");
        }
    }

    /// <summary>Writes the averages into parameters of another model, rounded to their type.</summary>
    /// <param name="find">The parameter of a name; null where it is not wanted.</param>
    public void CopyTo(Func<string, Parameter?> find)
    {
        ArgumentNullException.ThrowIfNull(find);
        ForEach((parameter, data) =>
        {
            if (find(parameter.Name) is { } target)
                target.Device.Kernels.Copy(target.Value.View, new TensorView((void*)data, DType.F32, parameter.Shape, Strides.RowMajor(parameter.Shape)));
        });
    }

    /// <summary>The averages as tensors to be written: <c>parameter.average</c>.</summary>
    public IReadOnlyList<SafetensorsSource> ExportState()
    {
        var sources = new List<SafetensorsSource>();
        ForEach((parameter, data) => sources.Add(SafetensorsSource.OfDevice(NameOf(parameter), SafetensorsType.F32, ShapeOf(parameter), parameter.Device, (void*)data)));
        return sources;
    }

    /// <summary>Sets the averages from a file written from <see cref="ExportState"/>.</summary>
    /// <exception cref="SafetensorsException">A tensor is missing or has another type or shape; nothing is changed then.</exception>
    public void ImportState(SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        ForEach((parameter, _) => file.Check(file[NameOf(parameter)], SafetensorsType.F32, ShapeOf(parameter)));
        ForEach((parameter, data) => file.CopyTo(file[NameOf(parameter)], parameter.Device, (void*)data));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NativeBuffer average in _averages)
            average.Release();
    }

    private struct Job
    {
        public float* Average, Weights;
        public float Share;
    }

    private static void Part(void* state, int member, long begin, long end)
    {
        var job = (Job*)state;
        float* average = job->Average, weights = job->Weights;
        var share = new Vector<float>(job->Share);
        long i = begin;
        for (; i + Vector<float>.Count <= end; i += Vector<float>.Count)
        {
            Vector<float> old = Vector.Load(average + i);
            (old + share * (Vector.Load(weights + i) - old)).Store(average + i);
        }
        for (; i < end; i++)
            average[i] += job->Share * (weights[i] - average[i]);
    }

    private static string NameOf(Parameter parameter) => $"{parameter.Name}.average";

    private static long[] ShapeOf(Parameter parameter)
    {
        var shape = new long[parameter.Shape.Rank];
        for (int i = 0; i < shape.Length; i++)
            shape[i] = parameter.Shape[i];
        return shape;
    }

    private void ForEach(Action<Parameter, nint> visit)
    {
        for (int g = 0; g < _groups.Length; g++)
        {
            for (int p = 0; p < _groups[g].Parameters.Count; p++)
                visit(_groups[g].Parameters[p], (nint)((float*)_averages[g].Pointer + _groups[g].Offset(p)));
        }
    }
}
