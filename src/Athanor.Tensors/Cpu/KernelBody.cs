using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Cpu;

/// <summary>
/// A vector kernel: its fields are its arguments, <see cref="Run"/> does items begin … end for one vector width and storage type.
/// <see cref="KernelLauncher"/> picks both and shares the items among the team.
/// </summary>
internal interface IKernelBody
{
    /// <summary>Does items [begin, end). Items are rows, or elements for elementwise kernels: the kernel says.</summary>
    void Run<V, T>(int member, long begin, long end)
        where V : unmanaged, IVector<V>
        where T : struct, IStored;
}

/// <summary>Runs kernel bodies on a device: width from the device, storage from the type of the data, threads from the team.</summary>
internal static unsafe class KernelLauncher
{
    /// <summary>Covers <paramref name="items"/> in chunks of <paramref name="chunk"/>; allocates nothing.</summary>
    public static void Launch<TBody>(this CpuDevice device, TBody body, DType storage, long items, long chunk)
        where TBody : unmanaged, IKernelBody
    {
        switch (device.Lanes)
        {
            case 16: LaunchWide<TBody, F512>(device.Team, &body, storage, items, chunk); break;
            case 8: LaunchWide<TBody, F256>(device.Team, &body, storage, items, chunk); break;
            case 4: LaunchWide<TBody, F128>(device.Team, &body, storage, items, chunk); break;
            default: LaunchWide<TBody, F1>(device.Team, &body, storage, items, chunk); break;
        }
    }

    private static void LaunchWide<TBody, V>(Team team, TBody* body, DType storage, long items, long chunk)
        where TBody : unmanaged, IKernelBody
        where V : unmanaged, IVector<V>
    {
        switch (storage)
        {
            case DType.F32: team.For(items, chunk, &Part<TBody, V, StoredF32>, body); break;
            case DType.BF16: team.For(items, chunk, &Part<TBody, V, StoredBf16>, body); break;
            default: throw new NotSupportedException($"This kernel computes on F32 and BF16, not on {storage}.");
        }
    }

    // Hot loops are compiled once and fully: no tier-0 start, no on-stack replacement.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Part<TBody, V, T>(void* body, int member, long begin, long end)
        where TBody : unmanaged, IKernelBody
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        => ((TBody*)body)->Run<V, T>(member, begin, end);
}
