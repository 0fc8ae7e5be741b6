using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class FlashDecodeAmx
{
    /// <summary>Scores of a chunk become weights in A form; the sums so far are rescaled where the maximum has grown.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weights(ref Workspace w, int cells, float* scores)
    {
        HeadFetch none = default;
        int rescale = TileScores.Softmax(scores, cells, (uint*)w.Weights, w.Largest, w.Total, w.Shrink, w.Factor, w.Halves, ref none);
        for (int tile = 0; tile < 2 * cells; tile++)
        {
            if (w.Halves == 2 || tile % 2 == 0)
                Packing.Transpose16(w.Weights + tile * 1024, 64, w.Turned + tile * 1024);
        }
        if (!w.Started || rescale == 0)
            return;
        for (int head = 0; head < w.Heads; head++)
        {
            for (int row = 0; row < w.Rows; row++)
            {
                int lane = w.LaneOf(head, row), half = lane / Half;
                if ((rescale >> half & 1) == 0 || w.Shrink[lane] == 1)
                    continue;
                var factor = F512.All(w.Shrink[lane]);
                float* sums = w.SumsOf(head, half) + lane % Half * w.Steps * Cell;
                for (int x = 0; x < w.Steps * Cell; x += 16)
                    F512.Store(sums + x, F512.Load(sums + x) * factor);
            }
        }
    }

    /// <summary>O (+)= P·V of heads and cells of their dims.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine(in AttentionArgs a, in Workspace w, int cell, int cells, int firstHead, int endHead, int firstStep, int endStep)
    {
        bool inPlace = UsesRows(a);
        for (int head = firstHead; head < endHead; head++)
        {
            for (int i = 0; i < cells; i++)
            {
                int key = (cell + i) * Cell, keys = Math.Min(Cell, a.KeyLength - key);
                ushort* rows = w.Staged;
                long stride = w.Steps * Cell;
                if (inPlace)
                {
                    rows = (ushort*)a.ValueAt(0, key, w.FirstHead + head, 2);
                    stride = a.V.Time;
                }
                else
                {
                    CacheRows.Stage(a, a.V, a.ValueScales, w.FirstHead + head, 1, key, keys, w.Steps * Cell, w.Staged);
                }
                for (int step = firstStep; step < endStep; step++)
                    Interleave(rows + step * Cell, stride, keys, (ushort*)(w.Values + ((step - firstStep) * cells + i) * Packing.CellBytes));
            }
            for (int half = 0; half < 2; half++)
            {
                if (w.Rows <= Half && half != w.LaneOf(head, 0) / Half)
                    continue;
                SweepArgs g = default;
                g.A = w.Turned + half * 1024;
                g.B = w.Values;
                g.BBlock = cells * Packing.CellBytes;
                g.ResidentSteps = cells;
                g.Blocks = endStep - firstStep;
                g.Init = g.Out = (byte*)(w.SumsOf(head, half) + firstStep * Cell);
                g.InitStride = g.OutStride = w.Steps * Cell * sizeof(float);
                g.InitRight = g.OutRight = 64;
                g.InitBlock = g.OutBlock = Cell * sizeof(float);
                SweepKernel.Get(new SweepOptions { PackedA = true, HalfHeight = true, AcrossPanels = true, LoadInit = w.Started })(&g);
            }
        }
    }

    /// <summary>Rows 2i and 2i + 1 of a cell pair by pair; what lies behind the last row is another text's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(ushort* from, long stride, int rows, ushort* target)
    {
        var left = Vector512.Create((ushort)0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47);
        var right = left + Vector512.Create((ushort)16);
        int row = 0;
        for (; row + 2 <= rows; row += 2, from += 2 * stride, target += 32)
        {
            Vector512<ushort> even = Vector512.Load(from), odd = Vector512.Load(from + stride);
            Avx512BW.PermuteVar32x16x2(even, left, odd).Store(target);
            Avx512BW.PermuteVar32x16x2(even, right, odd).Store(target + 512);
        }
        for (; row < Cell; row += 2, from += 2 * stride, target += 32)
        {
            Vector512<ushort> even = row < rows ? Vector512.Load(from) : Vector512<ushort>.Zero, odd = Vector512<ushort>.Zero;
            Avx512BW.PermuteVar32x16x2(even, left, odd).Store(target);
            Avx512BW.PermuteVar32x16x2(even, right, odd).Store(target + 512);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish(in AttentionArgs a, in Workspace w, int firstHead, int endHead, int firstStep, int endStep)
    {
        for (int head = firstHead; head < endHead; head++)
        {
            for (int row = 0; row < w.Rows; row++)
            {
                int h = (w.FirstHead + head) * a.Group + row / a.QueryLength, lane = w.LaneOf(head, row);
                float total = w.Total[lane];
                var factor = F512.All(total == 0 ? 0 : 1 / total);
                var to = (ushort*)a.O.At(0, row % a.QueryLength, h, 2);
                float* sums = w.SumsOf(head, lane / Half) + lane % Half * w.Steps * Cell;
                int x = firstStep * Cell, end = Math.Min(endStep * Cell, a.HeadDim);
                for (; x + 16 <= end; x += 16)
                    F512.StoreBf16(to + x, F512.Load(sums + x) * factor);
                for (; x < end; x++)
                    to[x] = BFloat16.FromSingle(sums[x] * (total == 0 ? 0 : 1 / total));
            }
        }
    }
}
