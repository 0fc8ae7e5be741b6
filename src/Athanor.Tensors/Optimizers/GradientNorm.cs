using Athanor.Tensors.Kernels;
using Athanor.Tensors.Memory;

namespace Athanor.Tensors.Optimizers;

/// <summary>What <see cref="GradientNorm"/> found.</summary>
/// <param name="Norm">The global L2 norm of the scaled gradients; NaN or infinity when a gradient is.</param>
/// <param name="Scale">The factor to give to Step: clipping and the caller's scale together; 0 when the norm is not finite.</param>
public readonly record struct GradientReport(double Norm, float Scale)
{
    /// <summary>Whether a step may be done; otherwise skip it and clear the gradients.</summary>
    public bool IsFinite => double.IsFinite(Norm);
}

/// <summary>
/// The global L2 norm of all gradients, and clipping by it (Pascanu et al. 2013, arXiv 1211.5063): factor min(1, limit / (norm + 1e-6)). Squares are summed in
/// double over fixed chunks that are added in order, so the norm has the same bits for any number of threads.
/// </summary>
public sealed unsafe class GradientNorm : IDisposable
{
    private readonly ParameterGroup[] _groups;
    private readonly NativeBuffer[] _partials;

    /// <summary>For the gradients of all these groups together, of one or several optimizers.</summary>
    public GradientNorm(params IEnumerable<ParameterGroup> groups)
    {
        _groups = [.. groups];
        _partials = new NativeBuffer[_groups.Length];
        for (int i = 0; i < _groups.Length; i++)
            _partials[i] = _groups[i].Device.Heap.Rent(SquaredNormKernel.Partials(_groups[i].Count) * sizeof(double), "the gradient norm");
    }

    /// <summary>Measures the norm and the factor that clips it; changes nothing: the factor takes effect inside the step.</summary>
    /// <param name="maxNorm">The limit; infinity only measures.</param>
    /// <param name="scale">A factor of the caller, such as one over the number of accumulated batches; the norm is that of the scaled gradients.</param>
    public GradientReport Measure(double maxNorm = double.PositiveInfinity, float scale = 1)
    {
        double sum = 0;
        for (int i = 0; i < _groups.Length; i++)
            sum += _groups[i].Device.Kernels.SquaredNorm(_groups[i].Gradient, _groups[i].Count, (double*)_partials[i].Pointer);
        double norm = Math.Sqrt(sum) * Math.Abs(scale);
        return new GradientReport(norm, double.IsFinite(norm) ? (float)(scale * Math.Min(1, maxNorm / (norm + 1e-6))) : 0);
    }

    public void Dispose()
    {
        foreach (NativeBuffer buffer in _partials)
            buffer.Release();
    }
}
