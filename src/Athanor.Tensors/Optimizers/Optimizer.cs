using Athanor.Tensors.Memory;
using Athanor.Tensors.Safetensors;

namespace Athanor.Tensors.Optimizers;

/// <summary>
/// What all optimizers share: groups, the step count, state buffers beside the groups' flat buffers, and state as named tensors for checkpoints.
/// A step allocates nothing and its result does not depend on the number of threads.
/// </summary>
/// <remarks>
/// Non-finite gradients are not looked for in the step, where they would make their weights NaN: measure with <see cref="GradientNorm"/> first
/// and skip the step when it says so.
/// </remarks>
public abstract unsafe class Optimizer : IDisposable
{
    private const string StepName = "optimizer.step";
    private readonly ParameterGroup[] _groups;
    private readonly List<State> _states = [];

    private protected Optimizer(IEnumerable<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        _groups = [.. groups];
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (ParameterGroup group in _groups)
        {
            foreach (Parameter parameter in group.Parameters)
            {
                if (!names.Add(parameter.Name))
                    throw new ArgumentException($"Two parameters are called '{parameter.Name}': checkpoints need distinct names.", nameof(groups));
            }
        }
    }

    public IReadOnlyList<ParameterGroup> Groups => _groups;

    /// <summary>Steps done.</summary>
    public long Steps { get; private set; }

    /// <summary>Whether a step leaves zeros in the gradients, in the same sweep; true unless set.</summary>
    public bool ClearsGradients { get; set; } = true;

    /// <summary>One step over all groups.</summary>
    /// <param name="learningRate">Times the group's factor.</param>
    /// <param name="gradientScale">Factor on the gradients: <see cref="GradientReport.Scale"/>, or one over the number of accumulated batches.</param>
    public void Step(float learningRate, float gradientScale = 1)
    {
        if (!float.IsFinite(learningRate) || !float.IsFinite(gradientScale))
            throw new ArgumentException($"The learning rate {learningRate} and the gradient scale {gradientScale} must be finite. Skip the step when the gradient norm is not.");
        Steps++;
        for (int i = 0; i < _groups.Length; i++)
            Update(i, learningRate * _groups[i].LearningRateFactor, gradientScale);
    }

    /// <summary>Sets the gradients of all groups to zero: what is left to do when a step is skipped.</summary>
    public void ClearGradients()
    {
        foreach (ParameterGroup group in _groups)
            group.ClearGradients();
    }

    /// <summary>
    /// The state as tensors to be written: <c>parameter.m</c> and the like in the parameter's shape, <c>parameter.master</c> for BF16 parameters, and
    /// <c>optimizer.step</c>. Names and shapes follow the parameters, not the groups, so a run may resume with other groups.
    /// </summary>
    public IReadOnlyList<SafetensorsSource> ExportState()
    {
        var sources = new List<SafetensorsSource> { SafetensorsSource.Of(StepName, SafetensorsType.I64, [], BitConverter.GetBytes(Steps)) };
        ForEachTensor((name, type, shape, group, data) => sources.Add(SafetensorsSource.OfDevice(name, type, shape, group.Device, data)));
        return sources;
    }

    /// <summary>Sets the state from a file written from <see cref="ExportState"/>; the values of BF16 parameters become their rounded masters.</summary>
    /// <exception cref="SafetensorsException">A tensor is missing or has another type or shape; nothing is changed then.</exception>
    public void ImportState(SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        SafetensorsEntry step = file[StepName];
        file.Check(step, SafetensorsType.I64, []);
        ForEachTensor((name, type, shape, _, _) => file.Check(file[name], type, shape));
        Steps = BitConverter.ToInt64(file.Bytes(step));
        ForEachTensor((name, _, _, group, data) => file.CopyTo(file[name], group.Device, data));
        foreach (ParameterGroup group in _groups)
            group.RefreshValues();
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    private protected virtual void Dispose(bool disposing)
    {
        foreach (State state in _states)
            state.Buffer.Release();
        _states.Clear();
    }

    /// <summary>One step of one group.</summary>
    private protected abstract void Update(int group, float learningRate, float gradientScale);

    /// <summary>A state buffer beside a group's flat buffers, filled with one byte value.</summary>
    /// <param name="suffix">Names it in checkpoints, after the parameter.</param>
    /// <param name="elements">Parameters' elements that share one entry: 1, or the block of quantized state.</param>
    private protected void* NewState(int group, string suffix, DType type, int elements = 1, byte fill = 0)
    {
        ParameterGroup owner = _groups[group];
        long bytes = owner.Count / elements * type.Size();
        NativeBuffer buffer = owner.Device.Heap.Rent(bytes, $"the optimizer state {suffix} of the group {owner.Name}");
        _states.Add(new State(group, suffix, type, elements, buffer));
        if (fill == 0)
        {
            owner.Device.Kernels.Clear(buffer.Pointer, bytes);
            return buffer.Pointer;
        }
        var part = new byte[(int)Math.Min(bytes, 1 << 16)];
        part.AsSpan().Fill(fill);
        for (long done = 0; done < bytes; done += part.Length)
            owner.Device.Kernels.Upload(buffer.Pointer + done, part.AsSpan(0, (int)Math.Min(part.Length, bytes - done)));
        return buffer.Pointer;
    }

    private delegate void Visit(string name, SafetensorsType type, ReadOnlySpan<long> shape, ParameterGroup group, void* data);

    private sealed record State(int Group, string Suffix, DType Type, int Elements, NativeBuffer Buffer);

    private void ForEachTensor(Visit visit)
    {
        Span<int> extents = stackalloc int[Shape.MaxRank];
        Span<long> shape = stackalloc long[Shape.MaxRank];
        for (int g = 0; g < _groups.Length; g++)
        {
            ParameterGroup group = _groups[g];
            for (int p = 0; p < group.Parameters.Count; p++)
            {
                Parameter parameter = group.Parameters[p];
                parameter.Shape.CopyTo(extents);
                for (int i = 0; i < parameter.Shape.Rank; i++)
                    shape[i] = extents[i];
                if (group.Copy != null)
                    visit($"{parameter.Name}.master", SafetensorsType.F32, shape[..parameter.Shape.Rank], group, group.Master + group.Offset(p));
                foreach (State state in _states)
                {
                    if (state.Group != g)
                        continue;
                    byte* data = state.Buffer.Pointer + group.Offset(p) / state.Elements * state.Type.Size();
                    ReadOnlySpan<long> extent = state.Elements == 1 ? shape[..parameter.Shape.Rank] : [(parameter.Shape.Count + state.Elements - 1) / state.Elements];
                    visit($"{parameter.Name}.{state.Suffix}", state.Type.ToSafetensors(), extent, group, data);
                }
            }
        }
    }
}
