using Athanor.Tensors.Autograd;

namespace Athanor.Tensors;

/// <summary>Activation checkpointing: the forward keeps only input and output; the backward runs the function again, recorded.</summary>
internal sealed class CheckpointNode<TState> : Node
{
    private Func<TState, Tensor, Tensor> _function = null!;
    private TState _state = default!;
    private Tensor _x, _y;
    private ulong _randomPosition;

    public static Tensor Apply(Func<TState, Tensor, Tensor> function, TState state, Tensor x)
    {
        StepScope outer = StepScope.Require();
        ulong position = outer.Random.Position;
        Tensor y;
        using (StepScope inner = StepScope.Begin(outer.Device, record: false))
        {
            y = inner.Return(function(state, x));
        }
        // Parameters inside the function want gradients even when x does not.
        if (StepScope.Record<CheckpointNode<TState>>(true) is { } node)
        {
            node._function = function;
            node._state = state;
            node._x = node.Save(x);
            node._y = node.Produces(y);
            node._randomPosition = position;
        }
        return y;
    }

    protected internal override void Backward()
    {
        Tensor dy = Gradient(_y);
        StepScope outer = StepScope.Require();
        ulong position = outer.Random.Position;
        using (StepScope inner = StepScope.Begin(outer.Device, record: true))
        {
            // The same random numbers as in the forward pass.
            inner.Random.Position = _randomPosition;
            Tensor x = _x.Detach();
            x.State.RequiresGrad = true;
            Tensor y = _function(_state, x);
            if (y.RequiresGrad)
                inner.Backward(y, dy);
            if (Gradients.Wanted(_x) && x.Grad.Exists)
                Gradients.Add(_x, x.Grad);
        }
        outer.Random.Position = position;
    }

    protected internal override void Recycle()
    {
        _function = null!;
        _state = default!;
        _x = _y = default;
        NodePool<CheckpointNode<TState>>.Return(this);
    }
}
