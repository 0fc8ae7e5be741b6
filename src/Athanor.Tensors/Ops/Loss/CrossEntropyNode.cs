using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of the cross-entropy over logits; the gradient takes the logits' place in memory when nobody else needs them.</summary>
internal sealed unsafe class CrossEntropyNode : Node
{
    private Tensor _logits, _targets, _weights, _lse, _loss;
    private CrossEntropyTerms _terms;
    private float _scale;

    public void Begin(Tensor logits, Tensor targets, Tensor weights, Tensor lse, Tensor loss, in CrossEntropyTerms terms, float scale)
    {
        _logits = Save(logits);
        _targets = Save(targets);
        _weights = weights.Exists ? Save(weights) : default;
        _lse = Save(lse);
        _loss = Produces(loss);
        _terms = terms;
        _scale = scale;
    }

    protected internal override void Backward()
    {
        if (!Gradients.Wanted(_logits))
            return;
        Tensor dLogits = GradientPlace(_logits);
        CrossEntropyArgs args = Ops.LogitArgs(_logits, _terms);
        args.Targets = (int*)_targets.Data;
        args.Weights = _weights.Exists ? (float*)_weights.Data : null;
        args.LogSumExp = (float*)_lse.Data;
        args.Scale = _scale * Gradient(_loss).Item();
        args.Gradient = dLogits.Data;
        _logits.Kernels.CrossEntropyBackward(args);
        Gradients.Add(_logits, dLogits);
    }

    /// <summary>The saved logits' own memory when this node is the last to want them, else new memory.</summary>
    internal static Tensor GradientPlace(Tensor logits)
    {
        TensorState state = logits.State;
        bool last = state.Saved == 1 && state.Buffer is { References: 2 } && state.Gradient is null && state.Producer is not null && !state.Kept;
        return last ? StepScope.Require().Alias(logits, logits.Shape, logits.Strides, state.Offset) : Gradients.New(logits, contiguous: true);
    }

    protected internal override void Recycle()
    {
        _logits = _targets = _weights = _lse = _loss = default;
        NodePool<CrossEntropyNode>.Return(this);
    }
}
