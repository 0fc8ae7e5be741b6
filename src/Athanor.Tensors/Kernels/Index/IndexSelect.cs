using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Rows picked along an axis, out[o, j, :] = table[o, indices[j], :], and its transpose. The embedding is the case Outer = 1.
/// </summary>
internal unsafe struct IndexSelectArgs
{
    /// <summary>Table [Outer, Axis, Inner], rows [Outer, Count, Inner].</summary>
    public int Outer, Axis, Inner, Count;

    /// <summary>Count indices, checked by the caller (<see cref="IndexOrder.Check"/>).</summary>
    public int* Indices;
    public void* Table;
    public DType TableType;
    public void* Rows;
    public DType RowsType;
}

/// <summary>See <see cref="IndexSelectArgs"/>.</summary>
internal static unsafe partial class IndexSelectKernel
{
    /// <summary>Copies rows; the types are the same.</summary>
    public static void Forward(CpuDevice device, in IndexSelectArgs args)
    {
        if (device.Path == KernelPath.Reference)
        {
            ForwardReference(args);
            return;
        }
        IndexSelectArgs local = args;
        long chunk = Math.Clamp(32768 / Math.Max(1L, args.Inner * (long)args.TableType.Size()), 1, 4096);
        device.Team.For((long)args.Outer * args.Count, chunk, &CopyRows, &local);
    }

    /// <summary>
    /// table[o, indices[j], :] += rows[o, j, :], equal indices in order of j, each table element rounded once. The result
    /// does not depend on the number of threads.
    /// </summary>
    public static void Add(CpuDevice device, in IndexSelectArgs args)
    {
        if (device.Path == KernelPath.Reference)
        {
            AddReference(args);
            return;
        }
        ulong* order = IndexOrder.Order(args.Indices, args.Count, args.Axis);
        long slices = (args.Count + AddBody.Slice - 1) / AddBody.Slice;
        device.Launch(new AddBody { Args = args, Order = order, Slices = slices }, args.RowsType, args.Outer * slices, 1);
    }

    private static void CopyRows(void* state, int member, long begin, long end)
    {
        IndexSelectArgs* args = (IndexSelectArgs*)state;
        long bytes = (long)args->Inner * args->TableType.Size();
        for (long r = begin; r < end; r++)
        {
            long o = r / args->Count, j = r - o * args->Count;
            Buffer.MemoryCopy((byte*)args->Table + (o * args->Axis + args->Indices[j]) * bytes, (byte*)args->Rows + r * bytes, bytes, bytes);
        }
    }

    private static void ForwardReference(in IndexSelectArgs args)
    {
        for (long o = 0; o < args.Outer; o++)
        {
            for (long j = 0; j < args.Count; j++)
            {
                for (long i = 0; i < args.Inner; i++)
                {
                    double value = StoredScalar.Get(args.Table, (o * args.Axis + args.Indices[j]) * args.Inner + i, args.TableType);
                    StoredScalar.Set(args.Rows, (o * args.Count + j) * args.Inner + i, args.RowsType, value);
                }
            }
        }
    }

    private static void AddReference(in IndexSelectArgs args)
    {
        var sums = new double[(long)args.Axis * args.Inner];
        for (long o = 0; o < args.Outer; o++)
        {
            for (long i = 0; i < sums.Length; i++)
                sums[i] = StoredScalar.Get(args.Table, o * sums.Length + i, args.TableType);
            for (long j = 0; j < args.Count; j++)
            {
                for (long i = 0; i < args.Inner; i++)
                    sums[args.Indices[j] * (long)args.Inner + i] += StoredScalar.Get(args.Rows, (o * args.Count + j) * args.Inner + i, args.RowsType);
            }
            for (long i = 0; i < sums.Length; i++)
                StoredScalar.Set(args.Table, o * sums.Length + i, args.TableType, sums[i]);
        }
    }

    private struct AddBody : IKernelBody
    {
        // A slice of the sorted list owns the runs of equal indices that start in it.
        public const int Slice = 64;
        public IndexSelectArgs Args;
        public ulong* Order;
        public long Slices;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (long item = begin; item < end; item++)
            {
                long o = item / Slices, slice = item - o * Slices;
                long j = slice * Slice, stop = Math.Min(j + Slice, Args.Count);
                while (j > 0 && j < stop && Order[j] >> 32 == Order[j - 1] >> 32)
                    j++;
                while (j < stop)
                {
                    ulong index = Order[j] >> 32;
                    long last = j + 1;
                    while (last < Args.Count && Order[last] >> 32 == index)
                        last++;
                    if (Args.TableType == DType.F32)
                        AddRun<V, T, StoredF32>(o, (long)index, j, last);
                    else
                        AddRun<V, T, StoredBf16>(o, (long)index, j, last);
                    j = last;
                }
            }
        }

        private readonly void AddRun<V, T, TTable>(long o, long index, long from, long to)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
            where TTable : struct, IStored
        {
            void* row = (byte*)Args.Table + (o * Args.Axis + index) * Args.Inner * TTable.Size;
            byte* source = (byte*)Args.Rows + o * Args.Count * Args.Inner * T.Size;
            AddColumns<V, T, TTable>(row, source, Order, from, to, 0, Args.Inner);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddColumns<V, T, TTable>(void* row, byte* source, ulong* order, long from, long to, long begin, long inner)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
        where TTable : struct, IStored
    {
        long i = begin, pitch = inner * T.Size;
        for (; i + 4 * V.Lanes <= inner; i += 4 * V.Lanes)
        {
            V a = TTable.Load<V>(row, i), b = TTable.Load<V>(row, i + V.Lanes), c = TTable.Load<V>(row, i + 2 * V.Lanes), d = TTable.Load<V>(row, i + 3 * V.Lanes);
            for (long j = from; j < to; j++)
            {
                byte* add = source + (uint)order[j] * pitch;
                a += T.Load<V>(add, i);
                b += T.Load<V>(add, i + V.Lanes);
                c += T.Load<V>(add, i + 2 * V.Lanes);
                d += T.Load<V>(add, i + 3 * V.Lanes);
            }
            TTable.Store(row, i, a);
            TTable.Store(row, i + V.Lanes, b);
            TTable.Store(row, i + 2 * V.Lanes, c);
            TTable.Store(row, i + 3 * V.Lanes, d);
        }
        for (; i + V.Lanes <= inner; i += V.Lanes)
        {
            V a = TTable.Load<V>(row, i);
            for (long j = from; j < to; j++)
                a += T.Load<V>(source + (uint)order[j] * pitch, i);
            TTable.Store(row, i, a);
        }
        if (V.Lanes > 1 && i < inner)
            AddColumns<F1, T, TTable>(row, source, order, from, to, i, inner);
    }
}
