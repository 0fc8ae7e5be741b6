using Athanor.Tensors.Cpu;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Attention that never stores Tq×Tk: the forward pass keeps one log-sum-exp per row, the backward pass recomputes the weights from it.
/// Formulas in <see cref="AttentionArgs"/>.
/// </summary>
internal static unsafe partial class FlashAttention
{
    /// <summary>Up to so many queries a row are done by streaming the keys once per query, see <see cref="StreamedRows"/>.</summary>
    private const int MaxStreamedQueries = 4;

    public static void Forward(CpuDevice device, AttentionArgs a)
    {
        if (a.Batch == 0 || a.QueryLength == 0)
            return;
        LocateSegments(ref a);
        if (device.Path == KernelPath.Reference)
            ForwardReference(a);
        else if (a.QueryLength <= MaxStreamedQueries && !a.Invariant)
            ForwardStreamed(device, a);
        else
        {
            if (a.IsOneQueryForAllKeys)
                a = a.HeadsAsQueries();
            if (UsesTiles(device, a))
                FlashForwardAmx.Run(device, a);
            else
                ForwardSimd(device, a);
        }
    }

    /// <summary>Needs Q, K, V, O, Lse of the forward pass and OGrad; writes QGrad, KGrad, VGrad.</summary>
    public static void Backward(CpuDevice device, AttentionArgs a)
    {
        if (a.Batch == 0)
            return;
        LocateSegments(ref a);
        if (device.Path == KernelPath.Reference)
            BackwardReference(a);
        else if (UsesTiles(device, a))
            FlashBackwardAmx.Run(device, a);
        else
            BackwardSimd(device, a);
    }

    /// <summary>Below 16 columns most of a tile would be padding.</summary>
    internal static bool UsesTiles(CpuDevice device, in AttentionArgs a) => device.Path == KernelPath.Amx && a.Type == DType.BF16 && a.HeadDim >= 16;

    private static void LocateSegments(ref AttentionArgs a)
    {
        if (a.QuerySegments == null)
            return;
        a.SegmentRanges = (int*)ThreadScratch.Get(RangeSlot, (long)a.Batch * a.QueryLength * 2 * sizeof(int));
        AttentionMask.FillSegments(a, a.SegmentRanges);
    }

    /// <summary>Scratch slots: of the members of the job, of the caller for segment ranges, of the caller for partial results.</summary>
    private const int BodySlot = 0, RangeSlot = 1, PartialSlot = 2;
}
