using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Sort and top-k of the rows of x [Rows, Length], stable: equal values keep the order of their positions. NaN counts as larger than
/// every number (all NaN equal), −0 equals +0.
/// </summary>
internal unsafe struct SortArgs
{
    public int Rows, Length;

    /// <summary>Outputs per row: Length for a sort, k for top-k.</summary>
    public int Count;
    public void* Input;
    public DType Type;

    /// <summary>Largest first. Top-k takes the first Count of that order.</summary>
    public bool Descending;

    /// <summary>[Rows, Count] of the input's type, or null.</summary>
    public void* Values;

    /// <summary>[Rows, Count] positions in the row, or null.</summary>
    public int* Indices;
}

/// <summary>See <see cref="SortArgs"/>.</summary>
internal static unsafe partial class SortKernel
{
    // Up to here top-k keeps a sorted list and skips what cannot enter it; beyond, the row is sorted whole.
    private const int ListLimit = 256;

    public static void Run(CpuDevice device, in SortArgs args)
    {
        if (args.Count > args.Length)
            throw new ArgumentOutOfRangeException(nameof(args), $"The {args.Count} largest of {args.Length} elements were asked for: k is at most the length of the row.");
        if (device.Path == KernelPath.Reference)
        {
            RunReference(args);
            return;
        }
        device.Launch(new SortBody { Args = args }, args.Type, args.Rows, Math.Clamp(4096 / Math.Max(args.Length, 1), 1, 64));
    }

    /// <summary>Maps a number to an integer of the same order, NaN on top, both zeros alike; reversed for descending order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint KeyOf(float value, bool descending)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint key = float.IsNaN(value) ? uint.MaxValue : value == 0 ? 0x8000_0000 : (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return descending ? ~key : key;
    }

    private static void RunReference(in SortArgs args)
    {
        bool descending = args.Descending;
        for (long r = 0; r < args.Rows; r++)
        {
            var keys = new double[args.Length];
            var order = new int[args.Length];
            for (int i = 0; i < args.Length; i++)
            {
                keys[i] = StoredScalar.Get(args.Input, r * args.Length + i, args.Type);
                order[i] = i;
            }
            Array.Sort(order, (a, b) =>
            {
                double x = keys[a], y = keys[b];
                int c = double.IsNaN(x) ? double.IsNaN(y) ? 0 : 1 : double.IsNaN(y) ? -1 : x < y ? -1 : x > y ? 1 : 0;
                c = descending ? -c : c;
                return c != 0 ? c : a.CompareTo(b);
            });
            for (int i = 0; i < args.Count; i++)
            {
                if (args.Indices != null)
                    args.Indices[r * args.Count + i] = order[i];
                if (args.Values != null)
                    StoredScalar.Set(args.Values, r * args.Count + i, args.Type, keys[order[i]]);
            }
        }
    }

    private struct SortBody : IKernelBody
    {
        public SortArgs Args;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            var items = (ulong*)ThreadScratch.Get(3, 2L * Math.Max(Args.Length, 1) * sizeof(ulong));
            for (long r = begin; r < end; r++)
            {
                void* row = (byte*)Args.Input + r * Args.Length * T.Size;
                if (Args.Count <= ListLimit && Args.Count * 8L <= Args.Length)
                    TopList<V, T>(row, Args.Length, Args.Count, Args.Descending, items);
                else
                {
                    for (int i = 0; i < Args.Length; i++)
                        items[i] = ((ulong)KeyOf(T.Get(row, i), Args.Descending) << 32) | (uint)i;
                    IndexOrder.Sort(items, items + Args.Length, Args.Length, 32);
                }
                for (int i = 0; i < Args.Count; i++)
                {
                    int at = (int)(uint)items[i];
                    if (Args.Indices != null)
                        Args.Indices[r * Args.Count + i] = at;
                    if (Args.Values != null)
                        T.Set((byte*)Args.Values + r * Args.Count * T.Size, i, T.Get(row, at));
                }
            }
        }
    }

    /// <summary>Leaves the first <paramref name="count"/> items of the order in <paramref name="items"/>, sorted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TopList<V, T>(void* row, int length, int count, bool descending, ulong* items)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        if (count == 0)
            return;
        int have = 0;
        long i = 0;
        int step = Math.Max(4 * V.Lanes, 16);
        while (i < length)
        {
            long stop = Math.Min(i + step, length);
            if (have == count && stop - i == step)
            {
                // A whole block that cannot enter the list is skipped; NaN anywhere makes the comparison false.
                float edge = T.Get(row, (uint)items[count - 1]);
                V best = T.Load<V>(row, i);
                for (int k = V.Lanes; k < step; k += V.Lanes)
                    best = descending ? V.Max(best, T.Load<V>(row, i + k)) : V.Min(best, T.Load<V>(row, i + k));
                float extreme = descending ? V.MaxAcross(best) : V.MinAcross(best);
                if (descending ? extreme <= edge : extreme >= edge)
                {
                    i = stop;
                    continue;
                }
            }
            for (; i < stop; i++)
            {
                ulong item = ((ulong)KeyOf(T.Get(row, i), descending) << 32) | (uint)i;
                if (have == count && item > items[count - 1])
                    continue;
                int at = have < count ? have++ : count - 1;
                for (; at > 0 && items[at - 1] > item; at--)
                    items[at] = items[at - 1];
                items[at] = item;
            }
        }
    }
}
