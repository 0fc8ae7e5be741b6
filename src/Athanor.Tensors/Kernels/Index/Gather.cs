using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Elements picked along an axis, picked[o, j, i] = table[o, indices[o, j, i], i], and its transpose.
/// </summary>
internal unsafe struct GatherArgs
{
    /// <summary>Table [Outer, Axis, Inner], picked and indices [Outer, Count, Inner].</summary>
    public int Outer, Axis, Inner, Count;

    /// <summary>Checked by the caller (<see cref="IndexOrder.Check"/>).</summary>
    public int* Indices;
    public void* Table, Picked;

    /// <summary>Type of both; <see cref="GatherKernel.Forward"/> moves any type of 1, 2 or 4 bytes.</summary>
    public DType Type;
}

/// <summary>See <see cref="GatherArgs"/>. Bound by scattered loads, so one plain code serves every path and width.</summary>
internal static unsafe class GatherKernel
{
    private const long PartElements = 65536;

    public static void Forward(CpuDevice device, in GatherArgs args)
    {
        GatherArgs local = args;
        long items = (long)args.Outer * args.Count * args.Inner;
        switch (args.Type.Size())
        {
            case 4: device.Team.For(items, 8192, &Pick<uint>, &local); break;
            case 2: device.Team.For(items, 8192, &Pick<ushort>, &local); break;
            default: device.Team.For(items, 8192, &Pick<byte>, &local); break;
        }
    }

    /// <summary>
    /// table[o, indices[o, j, i], i] += picked[o, j, i] in order of j; sums are fp64, each element is rounded once.
    /// </summary>
    public static void ScatterAdd(CpuDevice device, in GatherArgs args)
    {
        if (args.Axis == 0 || args.Inner == 0)
            return;
        // Columns are cut so that the sums of one part stay in the second-level cache.
        int columns = (int)Math.Clamp(PartElements / args.Axis, 1, args.Inner);
        var work = new ScatterWork { Args = args, Columns = columns, Parts = (args.Inner + columns - 1) / columns };
        device.Team.For((long)args.Outer * work.Parts, 1, &Scatter, &work);
    }

    private static void Pick<TBits>(void* state, int member, long begin, long end)
        where TBits : unmanaged
    {
        GatherArgs* args = (GatherArgs*)state;
        var table = (TBits*)args->Table;
        var picked = (TBits*)args->Picked;
        long inner = args->Inner, block = args->Count * inner;
        if (inner == 1)
        {
            for (long n = begin; n < end; n++)
                picked[n] = table[n / block * args->Axis + args->Indices[n]];
            return;
        }
        for (long n = begin; n < end; n++)
        {
            long o = n / block, i = n % inner;
            picked[n] = table[(o * args->Axis + args->Indices[n]) * inner + i];
        }
    }

    private static void Scatter(void* state, int member, long begin, long end)
    {
        ScatterWork* work = (ScatterWork*)state;
        ref GatherArgs args = ref work->Args;
        var sums = (double*)ThreadScratch.Get(3, (long)args.Axis * work->Columns * sizeof(double));
        for (long item = begin; item < end; item++)
        {
            long o = item / work->Parts, left = (item - o * work->Parts) * work->Columns;
            long width = Math.Min(work->Columns, args.Inner - left);
            for (long a = 0; a < args.Axis; a++)
            {
                for (long i = 0; i < width; i++)
                    sums[a * width + i] = StoredScalar.Get(args.Table, (o * args.Axis + a) * args.Inner + left + i, args.Type);
            }
            for (long j = 0; j < args.Count; j++)
            {
                long at = (o * args.Count + j) * args.Inner + left;
                for (long i = 0; i < width; i++)
                    sums[args.Indices[at + i] * width + i] += StoredScalar.Get(args.Picked, at + i, args.Type);
            }
            for (long a = 0; a < args.Axis; a++)
            {
                for (long i = 0; i < width; i++)
                    StoredScalar.Set(args.Table, (o * args.Axis + a) * args.Inner + left + i, args.Type, sums[a * width + i]);
            }
        }
    }

    private struct ScatterWork
    {
        public GatherArgs Args;
        public int Columns, Parts;
    }
}
