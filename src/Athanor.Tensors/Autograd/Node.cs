using Athanor.Tensors.Memory;

namespace Athanor.Tensors.Autograd;

/// <summary>
/// One recorded op: what its backward needs, and the tensors it made. Nodes are rented from a pool and given back when
/// their backward has run, so recording allocates nothing in steady state.
/// </summary>
internal abstract class Node
{
    private const int MaxHeld = 12;
    private readonly TensorState?[] _saved = new TensorState?[MaxHeld];
    private readonly NativeBuffer?[] _savedBuffers = new NativeBuffer?[MaxHeld];
    private readonly TensorState?[] _outputs = new TensorState?[MaxHeld];
    private int _savedCount, _outputCount;

    /// <summary>Adds the gradients of the inputs, given those of the outputs (<see cref="Gradient"/>, <see cref="TryGradient"/>).</summary>
    protected internal abstract void Backward();

    /// <summary>Forgets everything (drop references to delegates and parameters) and goes back to the pool.</summary>
    protected internal abstract void Recycle();

    /// <summary>Keeps a tensor's values until this node's backward is done. The op must not change them meanwhile.</summary>
    public Tensor Save(Tensor tensor)
    {
        TensorState state = tensor.State;
        NativeBuffer buffer = state.Buffer ?? throw new InvalidOperationException($"A tensor that is gone cannot be saved: {state.Gone}.");
        buffer.Retain();
        state.Saved++;
        _savedBuffers[_savedCount] = buffer;
        _saved[_savedCount++] = state;
        return tensor;
    }

    /// <summary>Takes over a tensor made by this op for its backward only (row statistics, masks): it is freed when the backward is done.</summary>
    public Tensor Own(Tensor tensor)
    {
        _outputs[_outputCount++] = tensor.State;
        return tensor;
    }

    /// <summary>Registers a result: it requires a gradient and this node will consume that gradient.</summary>
    public Tensor Produces(Tensor tensor)
    {
        TensorState state = tensor.State;
        state.RequiresGrad = true;
        state.Producer = this;
        _outputs[_outputCount++] = state;
        return tensor;
    }

    /// <summary>The gradient of an output that surely has one (single-output nodes run only then); contiguous.</summary>
    protected static Tensor Gradient(Tensor output) =>
        TryGradient(output, out Tensor gradient) ? gradient : throw new InvalidOperationException("This output has no gradient.");

    /// <summary>The gradient of one of several outputs, contiguous; false when nothing flowed into it.</summary>
    protected static bool TryGradient(Tensor output, out Tensor gradient)
    {
        if (!TryStridedGradient(output, out gradient))
            return false;
        gradient = gradient.Contiguous();
        return true;
    }

    /// <summary>The gradient as it lies, perhaps a strided view, for ops that take strides.</summary>
    protected static bool TryStridedGradient(Tensor output, out Tensor gradient)
    {
        TensorState? state = output.State.Gradient;
        gradient = state is null ? default : new Tensor(state);
        return state is not null;
    }

    internal bool HasGradient
    {
        get
        {
            for (int i = 0; i < _outputCount; i++)
            {
                if (_outputs[i]!.Gradient is not null)
                    return true;
            }
            return false;
        }
    }

    /// <summary>After the backward (or instead of it): saved tensors, outputs and their gradients are let go.</summary>
    internal void Finish(TensorState? root)
    {
        for (int i = 0; i < _savedCount; i++)
        {
            TensorState state = _saved[i]!;
            state.Saved--;
            _savedBuffers[i]!.Release();
            _saved[i] = null;
            _savedBuffers[i] = null;
        }
        for (int i = 0; i < _outputCount; i++)
        {
            TensorState state = _outputs[i]!;
            state.DropGradient();
            state.Producer = null;
            state.Placement = null;
            if (!state.Kept && state != root)
                state.ReleaseBuffer("Backward has consumed it; call Keep() on it before Backward to read it afterwards");
            _outputs[i] = null;
        }
        _savedCount = _outputCount = 0;
        Recycle();
    }
}
