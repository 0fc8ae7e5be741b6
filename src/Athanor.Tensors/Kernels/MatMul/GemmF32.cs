using System.Runtime.CompilerServices;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// One matrix product with fp32 arithmetic, blocked and packed; bf16 operands are widened while packing.
/// </summary>
/// <remarks>
/// <para>K is summed in passes of <see cref="GemmF32Job.Depth"/>, each element as one chain of multiply-adds in the order of k. Passes
/// depend on K alone, so an element depends on its row of A, its column of B and nothing else: not on the number of threads,
/// nor on how many other rows or columns there are. A token decoded alone gets the bits it gets in a training batch.</para>
/// <para>One operand is packed once for everybody; strips of the other are packed by the thread that uses them, just before use.</para>
/// </remarks>
internal static unsafe class GemmF32
{
    // Slots of the threads' scratch: the caller's packed operand, and what each member needs for itself.
    private const int SharedSlot = 0, StripSlot = 1, PartialSlot = 2;

    /// <summary>C = Alpha · op(A) · op(B) + Bias (+ C) for a single product.</summary>
    public static void Run(CpuDevice device, in GemmArgs args)
    {
        switch (device.Lanes)
        {
            case 16: Run<F512>(device.Team, args); break;
            case 8: Run<F256>(device.Team, args); break;
            case 4: Run<F128>(device.Team, args); break;
            default: Run<F1>(device.Team, args); break;
        }
    }

    private static void Run<V>(Team team, in GemmArgs args)
        where V : unmanaged, IVector<V>
    {
        if (args.InputType == DType.F32)
            Run<V, StoredF32>(team, args);
        else
            Run<V, StoredBf16>(team, args);
    }

    private static void Run<V, T>(Team team, in GemmArgs args)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        if (args.M == 0 || args.N == 0)
            return;
        var job = GemmF32Job.Plan<V>(args);
        if (job.K == 0)
            job.Fill();
        else if (job.RowsFitCache)
            RunByColumns<V, T>(team, &job);
        else
            RunByRows<V, T>(team, &job);
    }

    /// <summary>Few rows: A is packed once, threads take panels of columns and pack them as they go.</summary>
    private static void RunByColumns<V, T>(Team team, GemmF32Job* job)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        long strips = (long)job->Passes * job->Blocks;
        job->Shared = (float*)ThreadScratch.Get(SharedSlot, (strips * job->BlockStride + PackF32.Spill) * sizeof(float));
        long chunk = job->Panels;
        if (!job->Small)
            chunk = Math.Max(1, job->Panels / ((job->UsesBInPlace<V>() && job->ColumnsFitCaches(team.Size) ? 1 : 4) * team.Size));
        if (job->NeedsPartials)
            chunk = Math.Min(chunk, 8);
        job->StripFloats = (long)job->Depth * MicroF32.Columns<V>();
        job->PartialFloats = job->M * chunk * MicroF32.Columns<V>();
        team.For(strips, job->Small ? strips : 8, &PackBlocks<V, T>, job);
        team.For(job->Panels, chunk, &Columns<V, T>, job);
    }

    /// <summary>Many rows: B is packed once (a chunk of columns at a time), threads take blocks of rows.</summary>
    private static void RunByRows<V, T>(Team team, GemmF32Job* job)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        int rows = MicroF32.Rows<V>();
        long blocks = Math.Min(job->BlocksInCache, (job->Blocks + 4 * team.Size - 1) / (4 * team.Size));
        job->ChunkPanels = job->PanelsInShared;
        job->Shared = (float*)ThreadScratch.Get(SharedSlot, (long)job->Passes * job->ChunkPanels * job->PanelStride * sizeof(float));
        job->StripFloats = blocks * job->BlockStride + PackF32.Spill;
        job->PartialFloats = blocks * rows * job->ChunkPanels * MicroF32.Columns<V>();
        for (job->FirstPanel = 0; job->FirstPanel < job->Panels; job->FirstPanel += job->ChunkPanels)
        {
            job->ChunkPanels = Math.Min(job->ChunkPanels, job->Panels - job->FirstPanel);
            team.For((long)job->Passes * job->ChunkPanels, 4, &PackPanels<V, T>, job);
            team.For(job->Blocks, blocks, &Rows<V, T>, job);
        }
    }

    /// <summary>The member's room for one tile, its strips and the sums of unfinished bf16 results.</summary>
    private static void TakeScratch(GemmF32Job* job, out float* tile, out float* strip, out float* partial)
    {
        tile = (float*)ThreadScratch.Get(StripSlot, (GemmF32Job.TileFloats + job->StripFloats) * sizeof(float));
        strip = tile + GemmF32Job.TileFloats;
        partial = job->NeedsPartials ? (float*)ThreadScratch.Get(PartialSlot, job->PartialFloats * sizeof(float)) : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackBlocks<V, T>(void* state, int member, long begin, long end)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        var job = (GemmF32Job*)state;
        while (begin < end)
        {
            // As many as belong to the same pass.
            long pass = begin / job->Blocks, stop = Math.Min(end, (pass + 1) * job->Blocks);
            job->PackBlocks<V, T>((int)pass, (int)(begin - pass * job->Blocks), (int)(stop - pass * job->Blocks), job->Shared + begin * job->BlockStride);
            begin = stop;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackPanels<V, T>(void* state, int member, long begin, long end)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        var job = (GemmF32Job*)state;
        for (long i = begin; i < end; i++)
        {
            long next = Math.Min(i + 1, end - 1);
            job->PackPanel<V, T>((int)(i / job->ChunkPanels), job->FirstPanel + (int)(i % job->ChunkPanels), job->Shared + i * job->PanelStride,
                (int)(next / job->ChunkPanels), job->FirstPanel + (int)(next % job->ChunkPanels));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns<V, T>(void* state, int member, long begin, long end)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        var job = (GemmF32Job*)state;
        TakeScratch(job, out float* tile, out float* strip, out float* partial);
        long first = begin, ldp = (end - begin) * MicroF32.Columns<V>();
        if (job->UsesBInPlace<V>())
        {
            begin = InPlace<V, T>(job, begin, end, tile, partial, ldp);
            partial += (begin - first) * MicroF32.Columns<V>();
            first = begin;
        }
        for (int pass = 0; pass < job->Passes; pass++)
        {
            float* blocks = job->Shared + (long)pass * job->Blocks * job->BlockStride;
            for (long panel = begin; panel < end; panel++)
            {
                // The panel that comes next comes from the third level: it is asked for in pieces while this one is used.
                bool more = panel + 1 < end, wraps = !more && pass + 1 < job->Passes;
                int nextPass = wraps ? pass + 1 : pass, nextPanel = (int)(wraps ? begin : panel + 1);
                bool spread = job->Blocks >= 4 && (more || wraps);
                job->PackPanel<V, T>(pass, (int)panel, strip, !spread && wraps ? nextPass : pass, (int)(!spread && (more || wraps) ? nextPanel : panel));
                for (int b = 0; b < job->Blocks; b++)
                {
                    Ahead ahead = spread ? job->AheadOfPanel<V, T>(nextPass, nextPanel, b) : default;
                    float* sums = partial + job->RowOf(b) * ldp + (panel - first) * MicroF32.Columns<V>();
                    job->Multiply<V>(pass, b, (int)panel, blocks + b * (long)job->BlockStride, strip, tile, sums, ldp, ahead);
                }
            }
        }
    }

    /// <summary>Few rows: the weights are used as they lie, once, so that the memory is the limit. Returns the first panel not done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long InPlace<V, T>(GemmF32Job* job, long begin, long end, float* tile, float* partial, long ldp)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        long panel = begin;
        for (int group; (group = job->PanelsInPlace<V>(panel, end)) > 0; panel += group)
        {
            // All passes of a panel before the next: the memory is read in its order.
            for (int pass = 0; pass < job->Passes; pass++)
                job->MultiplyInPlace<V, T>(pass, (int)panel, group, job->Shared + (long)pass * job->Blocks * job->BlockStride, tile, partial + (panel - begin) * MicroF32.Columns<V>(), ldp, panel + group < end);
        }
        return panel;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<V, T>(void* state, int member, long begin, long end)
        where V : unmanaged, IVector<V>
        where T : struct, IStored
    {
        var job = (GemmF32Job*)state;
        TakeScratch(job, out float* tile, out float* strip, out float* partial);
        long ldp = (long)job->ChunkPanels * MicroF32.Columns<V>(), firstRow = job->RowOf((int)begin);
        for (int pass = 0; pass < job->Passes; pass++)
        {
            job->PackBlocks<V, T>(pass, (int)begin, (int)end, strip);
            float* panel = job->Shared + (long)pass * job->ChunkPanels * job->PanelStride;
            for (int p = 0; p < job->ChunkPanels; p++, panel += job->PanelStride)
            {
                byte* next = (byte*)(panel + job->PanelStride), nextEnd = next + job->PanelStride * sizeof(float);
                for (long b = begin; b < end; b++, next += 64 * Ahead.Lines(job->Depth))
                {
                    Ahead ahead = next < nextEnd ? new Ahead(next, 64, 64 * Ahead.SegmentLines) : default;
                    float* sums = partial + (job->RowOf((int)b) - firstRow) * ldp + p * MicroF32.Columns<V>();
                    job->Multiply<V>(pass, (int)b, job->FirstPanel + p, strip + (b - begin) * job->BlockStride, panel, tile, sums, ldp, ahead);
                }
            }
        }
    }
}
