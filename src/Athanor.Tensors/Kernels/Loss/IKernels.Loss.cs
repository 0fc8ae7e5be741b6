using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

internal unsafe partial interface IKernels
{
    /// <summary>Throws when a target is neither in the vocabulary nor the ignore index.</summary>
    void CheckTargets(int* targets, long rows, int vocabulary, int ignoreIndex);

    /// <summary>Σ weight·loss, Σ weight and the rows that count.</summary>
    LossTotals TotalLoss(int* targets, float* weights, float* losses, long rows, int ignoreIndex);

    void CrossEntropyForward(in CrossEntropyArgs args);
    void CrossEntropyBackward(in CrossEntropyArgs args);
    void LogProbForward(in CrossEntropyArgs args);
    void LogProbBackward(in CrossEntropyArgs args);
    void EntropyForward(in CrossEntropyArgs args);
    void EntropyBackward(in CrossEntropyArgs args);

    /// <summary>Mapped logits as fp32 [Rows, Vocabulary] and, unless null, their log Σ exp, both in the host's memory.</summary>
    void LogitRows(in CrossEntropyArgs args, float* values, double* logSumExp);

    /// <summary>Scratch that <see cref="LinearCrossEntropy"/> needs for these arguments.</summary>
    long LinearCrossEntropyScratch(in LinearCrossEntropyArgs args);
    void LinearCrossEntropy(in LinearCrossEntropyArgs args);
}
