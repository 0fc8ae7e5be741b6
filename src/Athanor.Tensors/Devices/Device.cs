using Athanor.Tensors.Memory;

namespace Athanor.Tensors;

/// <summary>
/// Where tensors live and kernels run. A device is its memory and its op list (<see cref="IKernels"/>); everything else, shapes,
/// autograd, scopes, is the same for all.
/// </summary>
public abstract class Device
{
    private static readonly Lazy<CpuDevice> DefaultDevice = new(CpuDevice.FromEnvironment);

    /// <summary>The processor with the kernels that the environment chooses (ATHANOR_CPU, ATHANOR_THREADS).</summary>
    public static Device Default => DefaultDevice.Value;

    /// <summary>A short name for reports.</summary>
    public abstract string Name { get; }

    /// <summary>The op list.</summary>
    internal abstract IKernels Kernels { get; }

    internal NativeHeap Heap { get; } = new();

    /// <summary>Bytes in use by tensors now.</summary>
    public long LiveBytes => Heap.LiveBytes;

    /// <summary>Largest <see cref="LiveBytes"/> since the start or the last <see cref="ResetPeak"/>.</summary>
    public long PeakBytes => Heap.PeakBytes;

    /// <summary>Bytes taken from the system: live tensors and blocks cached for reuse.</summary>
    public long ReservedBytes => Heap.ReservedBytes;

    /// <summary>Reserving more than this fails with <see cref="TensorMemoryException"/>; ATHANOR_MEMORY (GB) sets it from outside.</summary>
    public long MemoryLimit
    {
        get => Heap.LimitBytes;
        set => Heap.LimitBytes = value;
    }

    /// <summary>Starts a new peak measurement.</summary>
    public void ResetPeak() => Heap.ResetPeak();

    /// <summary>Gives memory that waits for reuse back to the system.</summary>
    public void TrimMemory() => Heap.Trim();

    /// <summary>Sets a parameter's values from host numbers, row-major; rounded when it is BF16.</summary>
    public void Upload(Parameter parameter, ReadOnlySpan<float> values)
    {
        using StepScope scope = StepScope.Begin(this, record: false);
        Tensor source = Tensor.From(this, parameter.Shape, values);
        Kernels.Copy(parameter.Value.View, source.View);
    }

    public override string ToString() => Name;
}
