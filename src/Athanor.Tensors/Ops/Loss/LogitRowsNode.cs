using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>Backward of the log-probability of given ids, and of the entropy.</summary>
internal sealed unsafe class LogitRowsNode : Node
{
    private Tensor _logits, _ids, _lse, _y;
    private CrossEntropyTerms _terms;

    public void BeginLogProb(Tensor logits, Tensor ids, Tensor lse, Tensor y, in CrossEntropyTerms terms)
    {
        _ids = Save(ids);
        BeginEntropy(logits, lse, y, terms);
    }

    public void BeginEntropy(Tensor logits, Tensor lse, Tensor y, in CrossEntropyTerms terms)
    {
        _logits = Save(logits);
        _lse = Own(lse);
        _y = Produces(y);
        _terms = terms;
    }

    protected internal override void Backward()
    {
        if (!Gradients.Wanted(_logits))
            return;
        Tensor dy = Gradient(_y), dLogits = CrossEntropyNode.GradientPlace(_logits);
        CrossEntropyArgs args = Ops.LogitArgs(_logits, _terms);
        args.LogSumExp = (float*)_lse.Data;
        args.Losses = (float*)_y.Data;
        args.Weights = (float*)dy.Data;
        args.Gradient = dLogits.Data;
        if (_ids.Exists)
        {
            args.Targets = (int*)_ids.Data;
            _logits.Kernels.LogProbBackward(args);
        }
        else
        {
            _logits.Kernels.EntropyBackward(args);
        }
        Gradients.Add(_logits, dLogits);
    }

    protected internal override void Recycle()
    {
        _logits = _ids = _lse = _y = default;
        NodePool<LogitRowsNode>.Return(this);
    }
}
