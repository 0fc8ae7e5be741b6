using System.Runtime.InteropServices;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static unsafe partial class Ops
{
    /// <summary>Cross-entropy of logits [..., V] (F32 or BF16) with targets [...] (I32): a scalar F32 loss.</summary>
    /// <param name="weights">Factors of the tokens' losses, F32 of the targets' shape, of either sign; none: 1. A token of weight 0 counts as ignored.</param>
    /// <exception cref="ArgumentException">The shapes or types do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A target is neither in the vocabulary nor the ignore index.</exception>
    public static Tensor CrossEntropy(Tensor logits, Tensor targets, CrossEntropyOptions? options = null, Tensor weights = default) =>
        CrossEntropy(logits, targets, options, weights, out _, out _);

    /// <summary>As the shorter form, with the tokens' losses before weighting and their lse, F32 of the targets' shape, outside autograd.</summary>
    public static Tensor CrossEntropy(Tensor logits, Tensor targets, CrossEntropyOptions? options, Tensor weights, out Tensor tokenLosses, out Tensor logSumExp)
    {
        options ??= CrossEntropyOptions.Default;
        CrossEntropyArgs args = LossArgs(ref logits, ref targets, ref weights, nameof(CrossEntropy), options.Terms());
        StepScope scope = StepScope.Require();
        tokenLosses = scope.Allocate(logits.Device, targets.Shape, DType.F32, nameof(CrossEntropy));
        logSumExp = scope.Allocate(logits.Device, targets.Shape, DType.F32, nameof(CrossEntropy));
        args.Losses = (float*)tokenLosses.Data;
        args.LogSumExp = (float*)logSumExp.Data;
        logits.Kernels.CrossEntropyForward(args);
        LossTotals totals = logits.Kernels.TotalLoss(args.Targets, args.Weights, args.Losses, args.Rows, options.IgnoreIndex);
        double scale = LossScale(totals, options);
        Tensor loss = Scalar(logits.Device, totals.Loss * scale);
        if (StepScope.Record<CrossEntropyNode>(logits.RequiresGrad) is { } node)
            node.Begin(logits, targets, weights, logSumExp, loss, args.Terms, (float)scale);
        return loss;
    }

    /// <summary>
    /// Log-probability log softmax(logits)[id] of one id per row: logits [..., V] and ids [...] (I32) give [...] F32. Rows with the ignore
    /// index give 0 and pass no gradient.
    /// </summary>
    /// <param name="temperature">Divides the logits, after the cap.</param>
    /// <param name="softCap">See <see cref="CrossEntropyOptions.SoftCap"/>.</param>
    public static Tensor LogProb(this Tensor logits, Tensor ids, int ignoreIndex = -100, float temperature = 1, float softCap = 0)
    {
        Tensor none = default;
        var terms = new CrossEntropyTerms { IgnoreIndex = ignoreIndex, Temperature = CheckTemperature(temperature), SoftCap = softCap };
        CrossEntropyArgs args = LossArgs(ref logits, ref ids, ref none, nameof(LogProb), terms);
        StepScope scope = StepScope.Require();
        Tensor y = scope.Allocate(logits.Device, ids.Shape, DType.F32, nameof(LogProb)), lse = scope.Allocate(logits.Device, ids.Shape, DType.F32, nameof(LogProb));
        args.Losses = (float*)y.Data;
        args.LogSumExp = (float*)lse.Data;
        logits.Kernels.LogProbForward(args);
        if (StepScope.Record<LogitRowsNode>(logits.RequiresGrad) is { } node)
            node.BeginLogProb(logits, ids, lse, y, terms);
        else
            lse.Release();
        return y;
    }

    /// <summary>Entropy −Σ p log p of softmax(logits / temperature) per row, in nats: [..., V] gives [...] F32.</summary>
    /// <param name="softCap">See <see cref="CrossEntropyOptions.SoftCap"/>.</param>
    public static Tensor Entropy(this Tensor logits, float temperature = 1, float softCap = 0)
    {
        RequireRows(logits, nameof(logits), nameof(Entropy));
        logits = logits.Contiguous();
        StepScope scope = StepScope.Require();
        Shape shape = WithoutLast(logits.Shape);
        Tensor y = scope.Allocate(logits.Device, shape, DType.F32, nameof(Entropy)), lse = scope.Allocate(logits.Device, shape, DType.F32, nameof(Entropy));
        var terms = new CrossEntropyTerms { Temperature = CheckTemperature(temperature), SoftCap = softCap };
        CrossEntropyArgs args = LogitArgs(logits, terms);
        args.Losses = (float*)y.Data;
        args.LogSumExp = (float*)lse.Data;
        logits.Kernels.EntropyForward(args);
        if (StepScope.Record<LogitRowsNode>(logits.RequiresGrad) is { } node)
            node.BeginEntropy(logits, lse, y, terms);
        else
            lse.Release();
        return y;
    }

    /// <summary>
    /// Takes logits [..., V] to the host for sampling: as fp32 and capped, and log Σ exp of each row in double. (float)(value − lse) of an id is, to the bit, what
    /// <see cref="LogProb"/> and <see cref="LinearLogProb"/> give for it. Outside autograd.
    /// </summary>
    /// <param name="values">Gets rows · V numbers.</param>
    /// <param name="logSumExp">Gets a number a row; empty where none is wanted, which spares the exponentials.</param>
    /// <param name="softCap">See <see cref="CrossEntropyOptions.SoftCap"/>.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public static void LogitRows(this Tensor logits, Span<float> values, Span<double> logSumExp, float softCap = 0)
    {
        RequireRows(logits, nameof(logits), nameof(LogitRows));
        logits = logits.Contiguous();
        if (values.Length != logits.Count || (logSumExp.Length != 0 && logSumExp.Length != logits.Shape.Rows))
            throw new ArgumentException($"{nameof(LogitRows)} of {logits} needs {logits.Count} values and {logits.Shape.Rows} sums or none; it got {values.Length} and {logSumExp.Length}.");
        fixed (float* to = values)
        fixed (double* sums = logSumExp)
            logits.Kernels.LogitRows(LogitArgs(logits, new CrossEntropyTerms { SoftCap = softCap }), to, sums);
    }

    internal static CrossEntropyArgs LogitArgs(Tensor logits, in CrossEntropyTerms terms) => new()
    {
        Rows = checked((int)logits.Shape.Rows),
        Vocabulary = logits.Shape.Last,
        Logits = logits.Data,
        LogitStride = logits.Shape.Last,
        Type = logits.DType,
        Terms = terms,
        GradientStride = logits.Shape.Last,
        GradientType = logits.DType,
    };

    internal static Shape WithoutLast(in Shape shape)
    {
        Span<int> extents = stackalloc int[Shape.MaxRank];
        shape.CopyTo(extents);
        return new Shape(extents[..Math.Max(shape.Rank - 1, 0)]);
    }

    private static CrossEntropyArgs LossArgs(ref Tensor logits, ref Tensor targets, ref Tensor weights, string op, in CrossEntropyTerms terms)
    {
        RequireRows(logits, nameof(logits), op);
        RequireShape(targets, DType.I32, WithoutLast(logits.Shape), nameof(targets), logits, nameof(logits), op);
        logits = logits.Contiguous();
        targets = targets.Contiguous();
        CrossEntropyArgs args = LogitArgs(logits, terms);
        args.Targets = (int*)targets.Data;
        args.Weights = WeightsOf(ref weights, targets, op);
        logits.Kernels.CheckTargets(args.Targets, args.Rows, args.Vocabulary, terms.IgnoreIndex);
        return args;
    }

    private static float* WeightsOf(ref Tensor weights, Tensor targets, string op)
    {
        if (!weights.Exists)
            return null;
        RequireShape(weights, DType.F32, targets.Shape, nameof(weights), targets, nameof(targets), op);
        if (weights.RequiresGrad)
            throw new ArgumentException($"{op} passes no gradient to its weights; give it weights.Detach().");
        weights = weights.Contiguous();
        return (float*)weights.Data;
    }

    private static double LossScale(in LossTotals totals, CrossEntropyOptions options)
    {
        if (options.Denominator is { } denominator)
            return 1 / denominator;
        return totals.Weight == 0 ? 0 : 1 / totals.Weight;
    }

    private static float CheckTemperature(float temperature) =>
        temperature > 0 ? temperature : throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature is positive.");

    private static Tensor Scalar(Device device, double value)
    {
        Tensor scalar = StepScope.Require().Allocate(device, new Shape(), DType.F32, "a loss");
        float single = (float)value;
        device.Kernels.Upload(scalar.Data, MemoryMarshal.AsBytes(new ReadOnlySpan<float>(in single)));
        return scalar;
    }

    internal static void RequireRows(Tensor tensor, string name, string op)
    {
        if (!tensor.DType.IsFloating() || tensor.Shape.Rank == 0)
            throw new ArgumentException($"{op} works on F32 or BF16 tensors of at least one dimension; {name} is {tensor}.");
    }

    internal static void RequireShape(Tensor tensor, DType type, in Shape shape, string name, Tensor other, string otherName, string op)
    {
        if (tensor.DType != type || tensor.Shape != shape)
            throw new ArgumentException($"{op}: {name} is {tensor}, but {otherName} is {other}, so it must be {type}{shape}. Reshape or convert it.");
    }
}
