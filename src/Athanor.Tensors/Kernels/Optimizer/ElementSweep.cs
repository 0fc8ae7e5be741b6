using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>Work on elements, each by itself: its fields are its arguments.</summary>
internal interface IElementSweep
{
    /// <summary>Does elements [begin, end), whole vectors of them.</summary>
    void Elements<V, T>(long begin, long end)
        where V : unmanaged, IVector<V>
        where T : struct, IStored;
}

/// <summary>A sweep as a kernel body: whole vectors, then the rest in one lane. Items are elements.</summary>
internal struct ElementBody<TSweep> : IKernelBody where TSweep : unmanaged, IElementSweep
{
    public TSweep Sweep;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<V, T>(int member, long begin, long end)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        long whole = end - (end - begin) % V.Lanes;
        Sweep.Elements<V, T>(begin, whole);
        Sweep.Elements<F1, T>(whole, end);
    }
}
