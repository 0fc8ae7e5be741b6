using Athanor.Tensors.Autograd;
using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>
/// Backward of the fused output head with cross-entropy or log-probability. Either the gradients were computed with the loss and
/// wait here, or logits are computed again.
/// </summary>
internal sealed unsafe class LinearLossNode : Node
{
    private Tensor _x, _weight, _targets, _weights, _lse, _y, _dx, _dw;
    private LinearCrossEntropyArgs _args;
    private float _scale;
    private float? _root;

    /// <summary>Runs loss and gradients together, for an upstream gradient known to be <paramref name="root"/>.</summary>
    public void RunAtOnce(Tensor x, Tensor weight, LinearCrossEntropyArgs args, float scale, float root)
    {
        args.Pass = LinearLossPass.ForwardBackward;
        args.Scale = scale;
        if (Gradients.Wanted(x))
        {
            _dx = StepScope.Require().Allocate(x.Device, x.Shape, x.DType, "a gradient");
            args.XGradient = _dx.Data;
        }
        if (Gradients.Wanted(weight))
        {
            _dw = Gradients.BeginWeight(weight);
            args.WGradient = (float*)_dw.Data;
        }
        Ops.RunLinearLoss(x, args);
        _root = root;
    }

    public void BeginLoss(Tensor x, Tensor weight, Tensor targets, Tensor weights, Tensor lse, Tensor loss, in LinearCrossEntropyArgs args, float scale)
    {
        (_x, _weight, _args, _scale) = (x, weight, args, scale);
        _y = Produces(loss);
        if (_root is not null)
            return;
        Save(x);
        Save(weight);
        _targets = Save(targets);
        _weights = weights.Exists ? Save(weights) : default;
        _lse = Save(lse);
    }

    public void BeginLogProb(Tensor x, Tensor weight, Tensor ids, Tensor lse, Tensor y, in LinearCrossEntropyArgs args)
    {
        (_x, _weight, _args) = (Save(x), Save(weight), args);
        _targets = Save(ids);
        _lse = Own(lse);
        _y = Produces(y);
    }

    protected internal override void Backward()
    {
        Tensor dy = Gradient(_y);
        if (_root is { } root)
        {
            float upstream = dy.Item();
            if (upstream != root)
                throw new InvalidOperationException($"LinearCrossEntropy was told that its upstream gradient would be {root} (RootGradient), but it is {upstream}. Set RootGradient to the seed of Backward, or to null.");
            if (_dx.Exists)
                Gradients.Add(_x, _dx);
            if (_dw.Exists)
                Gradients.EndWeight(_weight, _dw);
            return;
        }
        LinearCrossEntropyArgs args = _args;
        args.Pass = LinearLossPass.Backward;
        // A loss is scaled by its one upstream gradient; log-probabilities have one each.
        if (args.Negative)
            args.Weights = (float*)dy.Data;
        else
            args.Scale = _scale * dy.Item();
        if (Gradients.Wanted(_x))
        {
            _dx = Gradients.New(_x, contiguous: true);
            args.XGradient = _dx.Data;
        }
        if (Gradients.Wanted(_weight))
        {
            _dw = Gradients.BeginWeight(_weight);
            args.WGradient = (float*)_dw.Data;
        }
        Ops.RunLinearLoss(_x, args);
        if (_dx.Exists)
            Gradients.Add(_x, _dx);
        if (_dw.Exists)
            Gradients.EndWeight(_weight, _dw);
    }

    protected internal override void Recycle()
    {
        _x = _weight = _targets = _weights = _lse = _y = _dx = _dw = default;
        _root = null;
        NodePool<LinearLossNode>.Return(this);
    }
}
