using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

public static unsafe partial class Ops
{
    /// <summary>
    /// Output head and cross-entropy in one, without logits of all tokens in memory: hidden states x [..., D], weight [V, D] of the same type
    /// (perhaps the embedding's), targets [...] (I32) give a scalar F32 loss.
    /// </summary>
    /// <param name="options">See <see cref="CrossEntropyOptions"/>; <see cref="CrossEntropyOptions.RootGradient"/> is the fast way when training.</param>
    /// <param name="weights">As for <see cref="CrossEntropy(Tensor, Tensor, CrossEntropyOptions?, Tensor)"/>. Tokens that do not count cost nothing.</param>
    /// <exception cref="ArgumentException">The shapes or types do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A target is neither in the vocabulary nor the ignore index.</exception>
    public static Tensor LinearCrossEntropy(Tensor x, Tensor weight, Tensor targets, CrossEntropyOptions? options = null, Tensor weights = default) =>
        LinearCrossEntropy(x, weight, targets, options, weights, out _, out _);

    /// <summary>As the shorter form, with the tokens' losses before weighting and their lse, F32 of the targets' shape (0 where a token does not count), outside autograd.</summary>
    public static Tensor LinearCrossEntropy(Tensor x, Tensor weight, Tensor targets, CrossEntropyOptions? options, Tensor weights, out Tensor tokenLosses, out Tensor logSumExp)
    {
        options ??= CrossEntropyOptions.Default;
        LinearCrossEntropyArgs args = LinearLossArgs(ref x, ref weight, ref targets, options.LogitType, nameof(LinearCrossEntropy), options.Terms());
        args.Weights = WeightsOf(ref weights, targets, nameof(LinearCrossEntropy));
        StepScope scope = StepScope.Require();
        tokenLosses = scope.Allocate(x.Device, targets.Shape, DType.F32, nameof(LinearCrossEntropy));
        logSumExp = scope.Allocate(x.Device, targets.Shape, DType.F32, nameof(LinearCrossEntropy));
        args.Losses = (float*)tokenLosses.Data;
        args.LogSumExp = (float*)logSumExp.Data;
        double scale = LossScale(x.Kernels.TotalLoss(args.Targets, args.Weights, null, args.Rows, options.IgnoreIndex), options);
        LinearLossNode? node = StepScope.Record<LinearLossNode>(x.RequiresGrad || weight.RequiresGrad);
        if (node is null || options.RootGradient is null)
            RunLinearLoss(x, args);
        else
            node.RunAtOnce(x, weight, args, (float)(scale * options.RootGradient.Value), options.RootGradient.Value);
        LossTotals totals = x.Kernels.TotalLoss(args.Targets, args.Weights, args.Losses, args.Rows, options.IgnoreIndex);
        Tensor loss = Scalar(x.Device, totals.Loss * scale);
        node?.BeginLoss(x, weight, targets, weights, logSumExp, loss, args, (float)scale);
        return loss;
    }

    /// <summary>
    /// Output head and log-probability of one id per row in one, without logits of all tokens in memory: x [..., D], weight [V, D], ids [...] (I32)
    /// give [...] F32; rows with the ignore index give 0. The backward pass computes the logits again.
    /// </summary>
    /// <param name="temperature">Divides the logits, after the cap.</param>
    /// <param name="softCap">See <see cref="CrossEntropyOptions.SoftCap"/>.</param>
    /// <param name="logitType">Type to which logits are rounded; F32 for ratios of probabilities, null for the type of x.</param>
    public static Tensor LinearLogProb(Tensor x, Tensor weight, Tensor ids, int ignoreIndex = -100, float temperature = 1, float softCap = 0, DType? logitType = null)
    {
        var terms = new CrossEntropyTerms { IgnoreIndex = ignoreIndex, Temperature = CheckTemperature(temperature), SoftCap = softCap };
        LinearCrossEntropyArgs args = LinearLossArgs(ref x, ref weight, ref ids, logitType, nameof(LinearLogProb), terms);
        StepScope scope = StepScope.Require();
        Tensor y = scope.Allocate(x.Device, ids.Shape, DType.F32, nameof(LinearLogProb)), lse = scope.Allocate(x.Device, ids.Shape, DType.F32, nameof(LinearLogProb));
        args.Losses = (float*)y.Data;
        args.LogSumExp = (float*)lse.Data;
        args.Negative = true;
        RunLinearLoss(x, args);
        if (StepScope.Record<LinearLossNode>(x.RequiresGrad || weight.RequiresGrad) is { } node)
            node.BeginLogProb(x, weight, ids, lse, y, args);
        else
            lse.Release();
        return y;
    }

    internal static void RunLinearLoss(Tensor x, LinearCrossEntropyArgs args)
    {
        long bytes = x.Kernels.LinearCrossEntropyScratch(args);
        Tensor scratch = StepScope.Require().Allocate(x.Device, new Shape(checked((int)bytes)), DType.U8, "logits of a block of rows");
        args.Scratch = scratch.Data;
        x.Kernels.LinearCrossEntropy(args);
        scratch.Release();
    }

    private static LinearCrossEntropyArgs LinearLossArgs(ref Tensor x, ref Tensor weight, ref Tensor targets, DType? logitType, string op, in CrossEntropyTerms terms)
    {
        RequireRows(x, nameof(x), op);
        if (weight.Shape.Rank != 2 || weight.Shape.Last != x.Shape.Last || weight.DType != x.DType)
            throw new ArgumentException($"{op}: x is {x} and weight is {weight}; they must have one type, and weight the shape [vocabulary, {x.Shape.Last}].");
        DType type = logitType ?? x.DType;
        if (!type.IsFloating() || type.Size() < x.DType.Size())
            throw new ArgumentException($"{op}: logits of {x.DType} hidden states are held as {x.DType} or F32, not as {type}.");
        RequireShape(targets, DType.I32, WithoutLast(x.Shape), nameof(targets), x, nameof(x), op);
        x = x.Contiguous();
        weight = weight.Contiguous();
        targets = targets.Contiguous();
        var args = new LinearCrossEntropyArgs
        {
            Rows = checked((int)x.Shape.Rows),
            Inner = x.Shape.Last,
            Vocabulary = weight.Shape[0],
            X = x.Data,
            W = weight.Data,
            Type = x.DType,
            LogitType = type,
            Targets = (int*)targets.Data,
            Terms = terms,
        };
        x.Kernels.CheckTargets(args.Targets, args.Rows, args.Vocabulary, terms.IgnoreIndex);
        return args;
    }
}
