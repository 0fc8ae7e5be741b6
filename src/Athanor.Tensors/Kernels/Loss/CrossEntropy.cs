using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>The terms of a cross-entropy loss.</summary>
internal struct CrossEntropyTerms
{
    public CrossEntropyTerms()
    {
    }

    /// <summary>Rows with this target have loss 0 and gradient 0.</summary>
    public int IgnoreIndex = -100;

    /// <summary>ε: the share of the target spread evenly over the vocabulary.</summary>
    public float LabelSmoothing;

    /// <summary>ζ: coefficient of lse².</summary>
    public float ZLoss;

    /// <summary>z = cap·tanh(x / cap); 0 for none.</summary>
    public float SoftCap;

    /// <summary>Divides the (capped) logits.</summary>
    public float Temperature = 1;

    public readonly bool IsPlain => SoftCap == 0 && Temperature == 1;
    public readonly ShapedLogits Map => new(SoftCap, Temperature);
}

/// <summary>
/// Cross-entropy of rows of logits x with integer targets t. With z = cap·tanh(x / cap) / temperature and lse = log Σ exp z:
/// loss = (1 − ε)(lse − z_t) + ε(lse − mean z) + ζ·lse²,
/// dx_v = scale·w·[p_v(1 + 2ζ·lse) − (1 − ε)·1(v = t) − ε/V]·dz/dx.
/// </summary>
/// <remarks>
/// Rows whose target is the ignore index, and rows of weight 0, have loss 0 and gradient exactly 0, whatever their logits.
/// A logit of −∞ has probability 0; +∞ and NaN make the row's loss NaN.
/// </remarks>
internal unsafe struct CrossEntropyArgs
{
    public CrossEntropyArgs()
    {
    }

    public int Rows, Vocabulary;

    /// <summary>[Rows, Vocabulary] with rows <see cref="LogitStride"/> elements apart; F32 or BF16.</summary>
    public void* Logits;
    public long LogitStride;
    public DType Type;

    /// <summary>Rows targets, checked by the caller (<see cref="CrossEntropyKernel.CheckTargets"/>).</summary>
    public int* Targets;

    /// <summary>Rows factors of the rows' losses, of either sign, or null for 1.</summary>
    public float* Weights;
    public CrossEntropyTerms Terms = new();

    /// <summary>Forward, out: the rows' losses before weighting; may be null.</summary>
    public float* Losses;

    /// <summary>Forward, out; backward, in: log Σ exp z of each row.</summary>
    public float* LogSumExp;

    /// <summary>Backward: factor of every gradient (upstream over the denominator of the mean).</summary>
    public float Scale = 1;

    /// <summary>Backward, out: [Rows, Vocabulary]; may be <see cref="Logits"/> itself when it is not the wider type.</summary>
    public void* Gradient;
    public long GradientStride;
    public DType GradientType;

    public readonly float Weight(long row) => Targets[row] == Terms.IgnoreIndex ? 0 : Weights == null ? 1 : Weights[row];
    public readonly void* LogitsOf(long row) => (byte*)Logits + row * LogitStride * Type.Size();
    public readonly void* GradientOf(long row) => (byte*)Gradient + row * GradientStride * GradientType.Size();
}

/// <summary>What a loss is divided by.</summary>
internal struct LossTotals
{
    /// <summary>Σ weight·loss over the rows that count.</summary>
    public double Loss;

    /// <summary>Σ weight over the rows that count.</summary>
    public double Weight;

    /// <summary>Rows whose target is not ignored.</summary>
    public long Count;
}

/// <summary>See <see cref="CrossEntropyArgs"/>.</summary>
internal static unsafe partial class CrossEntropyKernel
{
    /// <summary>Fills <see cref="CrossEntropyArgs.Losses"/> and <see cref="CrossEntropyArgs.LogSumExp"/>.</summary>
    public static void Forward(CpuDevice device, in CrossEntropyArgs args)
    {
        if (device.Path == KernelPath.Reference)
            ForwardReference(args);
        else
            device.Launch(new ForwardBody { Args = args }, args.Type, args.Rows, RowsPerChunk(args.Vocabulary));
    }

    /// <summary>Fills <see cref="CrossEntropyArgs.Gradient"/>.</summary>
    public static void Backward(CpuDevice device, in CrossEntropyArgs args)
    {
        if (device.Path == KernelPath.Reference)
            BackwardReference(args);
        else
        {
            bool stream = (long)args.Rows * args.Vocabulary * args.GradientType.Size() >= Streaming.ThresholdBytes;
            device.Launch(new BackwardBody { Args = args, Stream = stream }, args.Type, args.Rows, RowsPerChunk(args.Vocabulary));
        }
    }

    /// <summary>Throws when a target is neither a token of the vocabulary nor the ignore index.</summary>
    public static void CheckTargets(int* targets, long rows, int vocabulary, int ignoreIndex)
    {
        for (long i = 0; i < rows; i++)
        {
            if ((uint)targets[i] >= (uint)vocabulary && targets[i] != ignoreIndex)
            {
                throw new ArgumentOutOfRangeException(nameof(targets),
                    $"Target {targets[i]} of row {i} is neither in the vocabulary 0 … {vocabulary - 1} nor the ignore index {ignoreIndex}. " +
                    "Mask padding with the ignore index, and check that the tokenizer fits the model's vocabulary.");
            }
        }
    }

    /// <summary>Adds the rows' losses up in order; <paramref name="losses"/> may be null to count weights alone.</summary>
    public static LossTotals Total(int* targets, float* weights, float* losses, long rows, int ignoreIndex)
    {
        var totals = new LossTotals();
        for (long i = 0; i < rows; i++)
        {
            if (targets[i] == ignoreIndex)
                continue;
            double weight = weights == null ? 1 : weights[i];
            totals.Count++;
            totals.Weight += weight;
            // A row of weight 0 does not count: its loss may be infinite.
            if (losses != null && weight != 0)
                totals.Loss += weight * losses[i];
        }
        return totals;
    }

    // Enough work per chunk that taking one costs nothing; small enough that two threads share 64 rows evenly.
    internal static long RowsPerChunk(int vocabulary) => Math.Clamp(16384 / Math.Max(vocabulary, 1), 1, 64);
}
