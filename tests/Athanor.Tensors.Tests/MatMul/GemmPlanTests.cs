using Athanor.Tensors.Amx;
using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Amx;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.MatMul;

public sealed unsafe class GemmPlanTests
{
    [Fact]
    public void Plans_cover_the_product_within_their_buffers()
    {
        int[] sizes = [1, 31, 64, 384, 1000, 4096, 50257];
        foreach (int m in sizes)
        {
            foreach (int n in sizes)
            {
                foreach (int k in new[] { 1, 384, 1025, 8192 })
                {
                    foreach (int members in new[] { 1, 2, 7, 64 })
                    {
                        foreach (int layout in new[] { 0, 1, 2, 3 })
                        {
                            GemmPlan plan = GemmPlan.For(m, n, k, layout > 1, layout % 2 == 1, false, members, 2 << 20);
                            string what = $"{m}x{n}x{k} layout {layout} for {members}: {plan}";
                            int steps = Packing.Cells(k);
                            Assert.True(plan.ChunkSteps >= 1 && (plan.ChunkSteps <= 32 || (plan.Swapped && plan.Direct)) && plan.GroupPanels >= 1 && plan.ItemBlocks >= 1 && plan.ItemPanels >= 1, what);
                            Assert.True(plan.ItemPanels <= plan.GroupPanels, what);
                            Assert.True(plan.ChunkSteps == steps || !plan.Across, what);
                            // Waiting tiles, a packed item and a packed group stay small.
                            Assert.True(plan.ChunkSteps == steps || (long)plan.ItemBlocks * plan.ItemPanels * 4096 <= 2 << 20, what);
                            Assert.True(plan.Direct || (plan.Across ? 1L : plan.ItemBlocks) * plan.ChunkSteps * 2048 <= 2 << 20, what);
                            Assert.True(!plan.Across || (long)plan.GroupPanels * steps * 2048 <= (2 << 20) || plan.GroupPanels == 1, what);
                            if (plan.ChunksOutside)
                                Assert.True((long)plan.ItemBlocks * members * 32 >= m, what);
                        }
                    }
                }
            }
        }
    }

    [AmxFact]
    public void Every_plan_gives_the_same_bits()
    {
        using var product = new AmxProduct(300, 200, 1000, true, false, DType.F32, accumulate: true);
        product.Run();
        using TestBuffer expected = product.C.Clone();
        GemmPlan plan = GemmPlan.For(300, 200, 1000, true, false, false, 2, 2 << 20);
        GemmPlan[] others =
        [
            plan with { Across = true, ChunkSteps = 32, GroupPanels = 3, ItemBlocks = 2, ItemPanels = 3 },
            plan with { Across = false, GroupPanels = 7, ItemBlocks = 4, ItemPanels = 2, ChunkSteps = 11, PrefetchLines = 4 },
            plan with { Across = false, GroupPanels = 3, ItemBlocks = 3, ItemPanels = 3, ChunkSteps = 32, ResidentSteps = 16 },
            plan with { Across = false, OwnPanels = true, GroupPanels = 7, ItemBlocks = 10, ItemPanels = 4, ChunkSteps = 32 },
            plan with { Across = false, ChunksOutside = true, GroupPanels = 7, ItemBlocks = 10, ItemPanels = 7, ChunkSteps = 8 },
            plan with { Across = false, Swapped = true, OwnPanels = true, GroupPanels = 10, ItemBlocks = 4, ItemPanels = 10, ChunkSteps = 32 },
        ];
        foreach (GemmPlan other in others)
        {
            product.Restore();
            GemmBf16.Run(AmxProduct.Device, product.Args, null, other);
            Compare.SameBytes(product.C, expected, other.ToString());
        }
    }
}
