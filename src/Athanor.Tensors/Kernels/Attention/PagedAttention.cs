using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Attention of many texts over one paged cache: one launch for all that have few queries, so that the members of the team share texts and heads and meet once. A query
/// gets the bits of <see cref="FlashAttention"/> with <see cref="AttentionArgs.Invariant"/> over its text's keys in one piece.
/// </summary>
internal static unsafe class PagedAttentionKernel
{
    private const int BodySlot = 0, OrderSlot = 1;

    public static void Run(CpuDevice device, in PagedAttentionArgs args)
    {
        if (device.Path == KernelPath.Reference)
        {
            for (int i = 0; i < args.Count; i++)
                FlashAttention.Forward(device, args.Of(i));
            return;
        }
        bool tiles = FlashAttention.UsesTiles(device, args.Shared);
        int* order = (int*)ThreadScratch.Get(OrderSlot, args.Count * sizeof(int));
        int together = 0;
        for (int i = 0; i < args.Count; i++)
        {
            if (tiles ? FlashDecodeAmx.Takes(args, i) : args.Texts[i].Count <= FlashAttention.SimdQueries)
                Insert(args, order, together++, i);
        }
        if (together > 0 && tiles)
            FlashDecodeAmx.Run(device, args, order, together);
        else if (together > 0)
            device.Launch(new FewQueries(args, order), args.Shared.Type, (long)together * args.Shared.KeyHeads, 1);
        if (together == args.Count)
            return;
        for (int i = 0; i < args.Count; i++)
        {
            if (tiles ? !FlashDecodeAmx.Takes(args, i) : args.Texts[i].Count > FlashAttention.SimdQueries)
                FlashAttention.Forward(device, args.Of(i));
        }
    }

    /// <summary>Keeps the texts of the launch with most keys first: long ones at the end would leave members idle.</summary>
    private static void Insert(in PagedAttentionArgs args, int* order, int count, int text)
    {
        int keys = KeysOf(args.Texts[text]), at = count;
        for (; at > 0 && KeysOf(args.Texts[order[at - 1]]) < keys; at--)
            order[at] = order[at - 1];
        order[at] = text;
    }

    private static int KeysOf(in PagedText text) => text.Position + text.Count;

    /// <summary>Items are key heads of texts, on vectors.</summary>
    private readonly struct FewQueries(in PagedAttentionArgs args, int* order) : IKernelBody
    {
        private readonly PagedAttentionArgs _args = args;
        private readonly int* _order = order;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            int heads = _args.Shared.KeyHeads;
            for (long item = begin; item < end; item++)
            {
                AttentionArgs a = _args.Of(_order[item / heads]);
                if (a.IsOneQueryForAllKeys)
                    a = a.HeadsAsQueries();
                var blocks = FlashAttention.OneBlock(a, out int lanes);
                float* scratch = (float*)ThreadScratch.Get(BodySlot, FlashAttention.ForwardBlocks.ScratchBytes(lanes, a.HeadDim));
                int g = (int)(item % heads);
                for (int h = g * a.Group; h < (g + 1) * a.Group; h++)
                    blocks.Block<V, T>(0, h, 0, scratch);
            }
        }
    }
}
