using Athanor.Tensors.Amx;
using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

internal unsafe partial struct GemmJob
{
    /// <summary>Each panel down all blocks of the range, or, where blocks are fetched ahead and meet several panels, all panels down each block.</summary>
    private void SweepDown(ref Worker worker, in Range range)
    {
        if (!_plan.ReadsOnce || range.Panel1 - range.Panel0 == 1 || !_plan.Swapped)
        {
            SweepPanels(ref worker, range);
            return;
        }
        Range one = range;
        for (int block = range.Block0; block < range.Block1; block++)
        {
            (one.Block0, one.Block1) = (block, block + 1);
            one.NextBlock = block + 1 < range.Block1 ? block + 1 : range.NextBlock;
            SweepPanels(ref worker, one);
        }
    }

    /// <summary>Each panel down all blocks of the range; the left operand is packed once, before.</summary>
    private void SweepPanels(ref Worker worker, in Range range)
    {
        int full = Math.Min(range.Block1, _rows / Packing.Cell);
        bool direct = _plan.Direct;
        if (!direct)
            Packing.PackA(_left, _leftTransposed, range.Block0, range.Block1, range.Step0, range.Step1, worker.Left);
        else if (full < range.Block1)
            Packing.PackA(_left, _leftTransposed, full, range.Block1, range.Step0, range.Step1, worker.Left);
        for (int panel = range.Panel0; panel < range.Panel1; panel++)
        {
            byte* right;
            if (KeepsRight)
            {
                // A few rows of activations: packed once by each member, for all its items.
                if (!worker.RightReady)
                    Packing.PackB(_right, _rightTransposed, 0, _panels, 0, _steps, worker.Right);
                worker.RightReady = true;
                right = worker.Right + (long)panel * _steps * Packing.CellBytes;
            }
            else if (range.Right == null)
            {
                int place = (panel - range.Panel0) % PanelsAtOnce;
                if (place == 0)
                    Packing.PackB(_right, _rightTransposed, panel, Math.Min(panel + PanelsAtOnce, range.Panel1), range.Step0, range.Step1, worker.Right);
                right = worker.Right + (long)place * range.Steps * Packing.CellBytes;
            }
            else
            {
                right = range.Right + (long)(panel - range.Panel0) * range.RightSteps * Packing.CellBytes;
            }
            // The block that the last one fetches meanwhile may lie elsewhere.
            int last = _plan.ReadsOnce && direct ? Math.Max(full - 1, range.Block0) : full;
            if (last > range.Block0)
                Sweep(ref worker, range, range.Block0, last, panel, panel + 1, right, direct ? null : worker.Left);
            if (last < full)
                Sweep(ref worker, range, last, full, panel, panel + 1, right, null);
            if (full < range.Block1)
            {
                byte* tail = direct ? worker.Left : worker.Left + (long)(full - range.Block0) * range.Steps * Packing.CellBytes;
                Sweep(ref worker, range, full, range.Block1, panel, panel + 1, right, tail);
            }
        }
    }

    /// <summary>Each block across all panels of the range.</summary>
    private void SweepAcross(ref Worker worker, in Range range)
    {
        for (int block = range.Block0; block < range.Block1; block++)
        {
            bool direct = _plan.Direct && (block + 1) * Packing.Cell <= _rows;
            if (!direct)
                Packing.PackA(_left, _leftTransposed, block, block + 1, range.Step0, range.Step1, worker.Left);
            byte* left = direct ? null : worker.Left, right = range.Right;
            int full = Math.Min(range.Panel1, _columns / Packing.Cell);
            if (full > range.Panel0)
                Sweep(ref worker, range, block, block + 1, range.Panel0, full, right, left);
            if (full < range.Panel1)
                Sweep(ref worker, range, block, block + 1, full, range.Panel1, right + (long)(full - range.Panel0) * range.RightSteps * Packing.CellBytes, left);
        }
    }

    /// <summary>One kernel call: blocks × one panel, or one block × panels; all of them whole, or all of them cut by the edge of C.</summary>
    private void Sweep(ref Worker worker, in Range range, int block0, int block1, int panel0, int panel1, byte* right, byte* left)
    {
        ref SweepArgs sweep = ref worker.Sweep;
        bool across = _plan.Across, first = range.Step0 == 0, last = range.Step1 == _steps;
        bool cut = block1 * Packing.Cell > _rows || panel1 * Packing.Cell > _columns;
        bool rowsOut = last && _rowsOut && !cut;
        int steps = range.Steps, size = _args.OutputType.Size(), count = across ? panel1 - panel0 : block1 - block0;

        if (left == null)
        {
            sweep.A = (byte*)((ushort*)_left.Data + block0 * Packing.Cell * _left.Stride + range.Step0 * Packing.Cell);
            sweep.AStride = _left.Stride * 2;
            sweep.ABlock = across ? 0 : Packing.Cell * sweep.AStride;
        }
        else
        {
            sweep.A = left;
            sweep.ABlock = across ? 0 : (long)steps * Packing.CellBytes;
        }
        sweep.B = right;
        sweep.BBlock = across ? (long)range.RightSteps * Packing.CellBytes : 0;
        sweep.ResidentSteps = Math.Min(steps, Math.Max(_plan.ResidentSteps, 16));
        sweep.StreamedSteps = steps - sweep.ResidentSteps;
        sweep.Blocks = count;
        sweep.Scratch = worker.Scratch;
        sweep.Waiting = null;

        byte* sums = SumsOf(worker, range, block0, panel0, out long sumStride);
        bool bias = first && _args.Bias != null && _args.Alpha == 1;
        if (bias)
        {
            StartFromBias(ref worker, block0, block1, panel0, panel1);
        }
        else if (!first)
        {
            sweep.Init = sums;
            sweep.InitStride = 64;
            sweep.InitRight = 1024;
            sweep.InitDown = 2048;
            sweep.InitBlock = sumStride;
        }
        if (rowsOut)
        {
            sweep.Out = (byte*)_args.C + (block0 * Packing.Cell * _args.Ldc + panel0 * Packing.Cell) * size;
            sweep.OutStride = _args.Ldc * size;
            sweep.OutBlock = Packing.Cell * (across ? size : sweep.OutStride);
        }
        else
        {
            sweep.Out = sums;
            sweep.OutStride = 64;
            sweep.OutRight = 1024;
            sweep.OutDown = 2048;
            sweep.OutBlock = sumStride;
        }
        int lines = across || panel1 == range.Panel1 || range.Right == null ? 0 : _plan.PrefetchLines;
        int rows = across && (block0 + 2) * Packing.Cell <= _rows && !_leftTransposed ? _plan.PrefetchRows : 0;
        if (lines > 0)
        {
            sweep.Prefetch = right + (long)range.RightSteps * Packing.CellBytes;
        }
        else if (rows > 0)
        {
            sweep.Prefetch = (byte*)((ushort*)_left.Data + (block0 + 1) * Packing.Cell * _left.Stride + range.Step0 * Packing.Cell);
            sweep.PrefetchStride = _left.Stride * 2;
            sweep.PrefetchBlock = rows * sweep.PrefetchStride;
        }
        byte* pages = rowsOut || !_plan.ReadsOnce ? null : !_plan.Swapped ? right : left == null && panel0 == range.Panel0 ? ComesNext(range, block0, block1) : null;
        if (pages != null)
            sweep.Prefetch = (byte*)((nint)pages & -Packing.CellBytes);
        var options = new SweepOptions
        {
            PrefetchPages = pages != null,
            HalfWidth = _plan.ReadsOnce && !rowsOut && _columns <= Packing.Cell / 2,
            HalfHeight = _plan.ReadsOnce && _rows <= Packing.Cell / 2,
            LoadInit = bias || !first,
            PackedA = left != null,
            AcrossPanels = across,
            PrefetchLines = lines,
            PrefetchRows = rows,
            Output = rowsOut ? RowOutput : SweepOutput.Tiles,
            PipedRows = !rowsOut ? 0 : steps >= 16 ? 2 : steps >= 8 ? 4 : 0,
        };
        fixed (SweepArgs* args = &sweep)
            SweepKernel.Get(options)(args);
        if (last && !rowsOut)
        {
            for (int i = 0; i < count; i++)
                StoreSums((float*)(sums + i * sumStride), across ? block0 : block0 + i, across ? panel0 + i : panel0, worker.Scratch);
        }
    }

    /// <summary>The block of rows after the present one; null when nobody knows, or when it is not one piece that fits the second-level cache beside the present one.</summary>
    private readonly byte* ComesNext(in Range range, int block0, int block1)
    {
        int next = block1 < range.Block1 ? block0 + 1 : range.NextBlock;
        bool fits = _left.Stride == (long)_steps * Packing.Cell && 2L * _steps * Packing.CellBytes <= CpuFeatures.L2Bytes;
        return next >= 0 && fits ? (byte*)((ushort*)_left.Data + next * Packing.Cell * _left.Stride) : null;
    }

    private readonly SweepOutput RowOutput =>
        _args.OutputType == DType.BF16 ? (_stream ? SweepOutput.Bf16Stream : SweepOutput.Bf16)
        : _args.Accumulate ? SweepOutput.F32Add
        : _stream ? SweepOutput.F32Stream : SweepOutput.F32;

    /// <summary>Where the unfinished sums of a block wait, 4 KB each; consecutive blocks of a sweep are <paramref name="stride"/> apart.</summary>
    private readonly byte* SumsOf(in Worker worker, in Range range, int block, int panel, out long stride)
    {
        bool passes = _plan.ChunkSteps < _steps;
        stride = TileBlockBytes;
        if (!passes)
            return worker.Sums;
        int blocks = range.Block1 - range.Block0;
        if (_plan.Across)
            stride *= blocks;
        return worker.Sums + ((long)(panel - range.Panel0) * blocks + (block - range.Block0)) * TileBlockBytes;
    }

    /// <summary>The sums start at the bias: one row for all rows of C, or, swapped, one number for each row.</summary>
    private readonly void StartFromBias(ref Worker worker, int block0, int block1, int panel0, int panel1)
    {
        ref SweepArgs sweep = ref worker.Sweep;
        if (_plan.Swapped)
        {
            int row0 = block0 * Packing.Cell, rows = (block1 - block0) * Packing.Cell;
            for (int row = 0; row < rows; row++)
                new Span<float>(worker.Bias + row * 16, 16).Fill(row0 + row < _rows ? _args.Bias[row0 + row] : 0);
            sweep.Init = (byte*)worker.Bias;
            sweep.InitStride = 64;
            sweep.InitRight = 0;
            sweep.InitDown = 1024;
            sweep.InitBlock = _plan.Across ? 0 : 2048;
            return;
        }
        sweep.Init = (byte*)(_args.Bias + panel0 * Packing.Cell);
        sweep.InitStride = sweep.InitDown = 0;
        sweep.InitRight = 64;
        sweep.InitBlock = _plan.Across ? 128 : 0;
        if (panel1 * Packing.Cell > _columns)
        {
            int count = _columns - panel0 * Packing.Cell;
            new Span<float>(worker.Bias, Packing.Cell).Clear();
            new ReadOnlySpan<float>(_args.Bias + panel0 * Packing.Cell, count).CopyTo(new Span<float>(worker.Bias, count));
            sweep.Init = (byte*)worker.Bias;
        }
    }
}
