using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>What one call of the fused loss does.</summary>
internal enum LinearLossPass : byte
{
    /// <summary>Losses and lse alone; logits pass through a buffer of a few rows by a part of the vocabulary.</summary>
    Forward,

    /// <summary>Losses, lse and the gradients, with logits computed once: for a loss whose upstream gradient is known beforehand.</summary>
    ForwardBackward,

    /// <summary>The gradients from the lse of an earlier forward, with logits computed again.</summary>
    Backward,
}

/// <summary>
/// Output head and cross-entropy in one: logits = X·Wᵀ, then the loss of <see cref="CrossEntropyArgs"/>, without ever holding
/// Rows × Vocabulary logits. dX = dlogits·W, dW += dlogitsᵀ·X.
/// </summary>
/// <remarks>
/// <para>Rows that do not count (ignored target or weight 0) are left out of every product: their loss, lse and dX are 0.</para>
/// <para>A block of rows meets the whole vocabulary in the passes with gradients, so that lse is known before the
/// gradient overwrites the logits; the forward pass alone runs over parts of the vocabulary with running maxima and
/// sums, in the order of the unfused loss: lse has the same bits as there, whatever the parts.</para>
/// </remarks>
internal unsafe struct LinearCrossEntropyArgs
{
    public LinearCrossEntropyArgs()
    {
    }

    public LinearLossPass Pass;

    /// <summary>X [Rows, Inner] and W [Vocabulary, Inner], dense, both of <see cref="Type"/>.</summary>
    public int Rows, Inner, Vocabulary;
    public void* X, W;
    public DType Type;

    /// <summary>Type in which logits are rounded before the softmax: F32, or BF16 (as computed in bf16 training elsewhere; half the traffic).</summary>
    public DType LogitType;

    /// <summary>As in <see cref="CrossEntropyArgs"/>.</summary>
    public int* Targets;
    public float* Weights;
    public CrossEntropyTerms Terms = new();

    /// <summary>Rows each; out, or in for <see cref="LogSumExp"/> of the backward pass (which does not read losses).</summary>
    public float* Losses, LogSumExp;

    /// <summary>Factor of the gradients.</summary>
    public float Scale = 1;

    /// <summary>Losses are log-probabilities: everything but lse has the other sign.</summary>
    public bool Negative;

    /// <summary>[Rows, Inner] of <see cref="Type"/>, written; null for none.</summary>
    public void* XGradient;

    /// <summary>[Vocabulary, Inner], added to; null for none.</summary>
    public float* WGradient;

    /// <summary><see cref="LinearLossPlan.Bytes"/> bytes, 64-byte aligned.</summary>
    public void* Scratch;

    public readonly bool Counts(long row) => Targets[row] != Terms.IgnoreIndex && (Weights == null || Weights[row] != 0);
}

/// <summary>How the fused loss is cut up: a function of the problem alone, not of the machine's threads.</summary>
internal readonly struct LinearLossPlan
{
    // Large enough that each product runs near its full speed, small enough to be a fraction of what the logits would take.
    private const long ForwardBytes = 32 << 20, GradientBytes = 128 << 20;

    // Parts of the vocabulary end where the row passes' blocks end, so that sums do not depend on the parts.
    private const int PartUnit = LogitRow.Block;

    public unsafe LinearLossPlan(in LinearCrossEntropyArgs args)
    {
        for (long i = 0; i < args.Rows; i++)
            Active += args.Counts(i) ? 1 : 0;
        int size = Math.Max(args.LogitType.Size(), args.Type.Size());
        // No term but the plain loss, one type throughout: the gradient is the row of exponentials times a factor of the row.
        Unscaled = args.Pass == LinearLossPass.ForwardBackward && args.Terms.IsPlain && args.Terms.LabelSmoothing == 0 && args.Terms.ZLoss == 0 && args.LogitType == args.Type;
        if (args.Pass == LinearLossPass.Forward)
        {
            RowBlock = Balance(Active, 2048);
            Part = (int)Math.Min(args.Vocabulary, Math.Max(PartUnit, ForwardBytes / size / Math.Max(RowBlock, 1) / PartUnit * PartUnit));
        }
        else
        {
            Part = args.Vocabulary;
            long rowBytes = Pitch(Part, size) * size + (Unscaled ? (long)args.Inner * (args.Type.Size() + sizeof(float)) : 0);
            RowBlock = Balance(Active, (int)Math.Clamp(GradientBytes / rowBytes, 64, 1 << 20));
        }
        LogitStride = Pitch(Part, size) * size / args.LogitType.Size();
        Bytes = RowBlock * LogitStride * args.LogitType.Size() + RowBlock * StateBytes;
        if (Unscaled)
            Bytes += Aligned((long)RowBlock * args.Inner * args.Type.Size()) + (long)RowBlock * args.Inner * sizeof(float);
        if (Active != args.Rows)
            Bytes += Active * (2L * Aligned(args.Inner * args.Type.Size()) + 5 * sizeof(float)) + 512;
    }

    public const int StateBytes = 32;

    /// <summary>Rows that count.</summary>
    public int Active { get; }

    /// <summary>Rows whose logits are held at once.</summary>
    public int RowBlock { get; }

    /// <summary>Tokens of the vocabulary whose logits are held at once.</summary>
    public int Part { get; }

    /// <summary>Elements of the logits' type from row to row.</summary>
    public long LogitStride { get; }

    /// <summary>Whether rows of dlogits are left without their factor.</summary>
    public bool Unscaled { get; }

    /// <summary>Scratch that the call needs.</summary>
    public long Bytes { get; }

    public static long Aligned(long bytes) => (bytes + 63) & ~63L;

    // Full cache lines, and not a multiple of a page: rows a page apart would share their cache sets.
    private static long Pitch(int columns, int size)
    {
        long bytes = Aligned((long)columns * size);
        return (bytes % 4096 == 0 ? bytes + 64 : bytes) / size;
    }

    private static int Balance(int rows, int most)
    {
        if (rows == 0)
            return 0;
        int blocks = (rows + most - 1) / most;
        return Math.Min(rows, ((rows + blocks - 1) / blocks + 31) & ~31);
    }
}

/// <summary>See <see cref="LinearCrossEntropyArgs"/>.</summary>
internal static unsafe partial class LinearCrossEntropyKernel
{
    public static void Run(CpuDevice device, in LinearCrossEntropyArgs args)
    {
        if (args.LogitType.Size() < args.Type.Size())
            throw new NotSupportedException($"Logits of {args.Type} factors are held as {args.Type}, not as {args.LogitType}: their gradient is written over them.");
        if (device.Path == KernelPath.Reference)
        {
            RunReference(args);
            return;
        }
        var plan = new LinearLossPlan(args);
        if (plan.Active == args.Rows)
            RunDense(device, args, plan, (byte*)args.Scratch);
        else
            RunCompacted(device, args, plan);
    }

    /// <summary>Moves the rows that count together, runs, and spreads the results out.</summary>
    private static void RunCompacted(CpuDevice device, in LinearCrossEntropyArgs args, in LinearLossPlan plan)
    {
        int rows = plan.Active;
        long rowBytes = (long)args.Inner * args.Type.Size();
        byte* at = (byte*)args.Scratch;
        var compact = args;
        compact.Rows = rows;
        compact.X = Take(ref at, rows * rowBytes);
        compact.XGradient = args.XGradient == null ? null : Take(ref at, rows * rowBytes);
        int* places = (int*)Take(ref at, rows * sizeof(int));
        compact.Targets = (int*)Take(ref at, rows * sizeof(int));
        compact.Weights = args.Weights == null ? null : (float*)Take(ref at, rows * sizeof(float));
        compact.Losses = (float*)Take(ref at, rows * sizeof(float));
        compact.LogSumExp = (float*)Take(ref at, rows * sizeof(float));
        for (int i = 0, active = 0; i < args.Rows; i++)
        {
            if (!args.Counts(i))
                continue;
            places[active] = i;
            compact.Targets[active] = args.Targets[i];
            if (args.Weights != null)
                compact.Weights[active] = args.Weights[i];
            if (args.Pass == LinearLossPass.Backward)
                compact.LogSumExp[active] = args.LogSumExp[i];
            active++;
        }
        var move = new Move { Wide = (byte*)args.X, Dense = (byte*)compact.X, Places = places, RowBytes = rowBytes };
        device.Team.For(rows, 64, &Gather, &move);
        RunDense(device, compact, plan, at);
        if (args.Pass != LinearLossPass.Backward)
        {
            new Span<float>(args.Losses, args.Rows).Clear();
            new Span<float>(args.LogSumExp, args.Rows).Clear();
            for (int i = 0; i < rows; i++)
            {
                args.Losses[places[i]] = compact.Losses[i];
                args.LogSumExp[places[i]] = compact.LogSumExp[i];
            }
        }
        if (args.XGradient == null || args.Pass == LinearLossPass.Forward)
            return;
        move = new Move { Wide = (byte*)args.XGradient, Dense = (byte*)compact.XGradient, Places = places, RowBytes = rowBytes, Rows = args.Rows, Active = rows };
        device.Team.For(Math.Max(rows, 1), 64, &Spread, &move);
    }

    private static byte* Take(ref byte* at, long bytes)
    {
        byte* taken = at;
        at += LinearLossPlan.Aligned(bytes);
        return taken;
    }

    private struct Move
    {
        public byte* Wide, Dense;
        public int* Places;
        public long RowBytes;
        public int Rows, Active;
    }

    private static void Gather(void* state, int member, long begin, long end)
    {
        var move = (Move*)state;
        for (long i = begin; i < end; i++)
            Buffer.MemoryCopy(move->Wide + move->Places[i] * move->RowBytes, move->Dense + i * move->RowBytes, move->RowBytes, move->RowBytes);
    }

    /// <summary>Copies row i to its place, and clears the rows between it and the one before (after the last one, too).</summary>
    private static void Spread(void* state, int member, long begin, long end)
    {
        var move = (Move*)state;
        for (long i = begin; i < end; i++)
        {
            long place = i < move->Active ? move->Places[i] : move->Rows;
            Clear(move, i == 0 ? 0 : move->Places[i - 1] + 1L, place);
            if (place < move->Rows)
                Buffer.MemoryCopy(move->Dense + i * move->RowBytes, move->Wide + place * move->RowBytes, move->RowBytes, move->RowBytes);
            if (i == move->Active - 1)
                Clear(move, place + 1, move->Rows);
        }
    }

    private static void Clear(Move* move, long from, long to)
    {
        if (to > from)
            System.Runtime.InteropServices.NativeMemory.Clear(move->Wide + from * move->RowBytes, (nuint)((to - from) * move->RowBytes));
    }
}
