using System.Runtime.InteropServices;
using Athanor.Tensors.Autograd;
using Athanor.Tensors.Memory;

namespace Athanor.Tensors;

/// <summary>
/// The lifetime of the tensors of one step, and the tape that records ops for the backward pass. Begin one in a using statement;
/// everything made inside is freed at its end. Scopes nest; each thread has its own.
/// </summary>
public sealed class StepScope : IDisposable
{
    [ThreadStatic] private static List<StepScope>? _stack;
    [ThreadStatic] private static int _depth;

    private readonly List<Node> _tape = [];
    private TensorState[] _states = new TensorState[256];
    private int _stateCount;

    private StepScope()
    {
    }

    /// <summary>The innermost scope of this thread; null outside any.</summary>
    public static StepScope? Current => _depth > 0 ? _stack![_depth - 1] : null;

    /// <summary>The device on which this scope's tensors are made by default.</summary>
    public Device Device { get; private set; } = null!;

    /// <summary>Whether ops are recorded for a backward pass.</summary>
    public bool Records { get; private set; }

    /// <summary>The counter-based generator of dropout and sampling ops; a nested scope continues its parent's.</summary>
    internal RandomStream Random { get; private set; } = null!;

    private readonly RandomStream _ownRandom = new();

    /// <summary>Begins a scope; dispose it to free its tensors.</summary>
    /// <param name="record">False for evaluation: nothing is saved for a backward pass.</param>
    /// <param name="seed">Seed of dropout and other random ops in this scope; null continues the enclosing scope's stream.</param>
    public static StepScope Begin(Device? device = null, bool record = true, ulong? seed = null)
    {
        List<StepScope> stack = _stack ??= [];
        if (_depth == stack.Count)
            stack.Add(new StepScope());
        StepScope? parent = Current;
        StepScope scope = stack[_depth++];
        scope.Device = device ?? parent?.Device ?? Device.Default;
        scope.Records = record;
        scope.Random = parent is null || seed is not null ? scope._ownRandom : parent.Random;
        if (parent is null || seed is not null)
            scope._ownRandom.Restart(seed ?? 0);
        return scope;
    }

    internal static StepScope Require() =>
        Current ?? throw new InvalidOperationException("Tensors live in a step scope: using var step = StepScope.Begin(device);");

    /// <summary>Frees every tensor of this scope and forgets what was recorded.</summary>
    public void Dispose()
    {
        if (_depth == 0 || _stack![_depth - 1] != this)
            throw new InvalidOperationException("Step scopes end in the reverse order of their beginning.");
        ClearTape();
        for (int i = 0; i < _stateCount; i++)
            _states[i].Reset();
        _stateCount = 0;
        _depth--;
    }

    /// <summary>Hands a tensor of this scope to the enclosing one, so that it outlives this scope. Its gradient path ends here.</summary>
    public Tensor Return(Tensor tensor)
    {
        if (_depth < 2 || Current != this)
            throw new InvalidOperationException("Only the innermost scope can return a tensor, and only to a scope that encloses it.");
        return _stack![_depth - 2].Alias(tensor, tensor.Shape, tensor.Strides, tensor.State.Offset);
    }

    /// <summary>Back-propagates from <paramref name="root"/> through everything recorded, freeing activations on the way.</summary>
    internal unsafe void Backward(Tensor root, float seed)
    {
        if (root.Count != 1)
            throw new ArgumentException($"Backward starts from a scalar; this tensor is {root}. Reduce it (sum, mean) first.");
        Tensor gradient = Allocate(root.Device, root.Shape, DType.F32, nameof(Backward));
        root.Kernels.Upload(gradient.Data, MemoryMarshal.AsBytes(new ReadOnlySpan<float>(in seed)));
        Backward(root, gradient);
    }

    /// <summary>Back-propagates a given gradient of <paramref name="root"/>.</summary>
    internal void Backward(Tensor root, Tensor gradient)
    {
        if (!root.RequiresGrad)
            throw new InvalidOperationException("Nothing that requires a gradient leads to this tensor, or the scope does not record.");
        Gradients.Add(root, gradient);
        TensorState rootState = root.State;
        for (int i = _tape.Count - 1; i >= 0; i--)
        {
            Node node = _tape[i];
            if (node.HasGradient)
            {
                int mark = _stateCount;
                // What backward passes compute is not itself recorded.
                bool records = Records;
                Records = false;
                node.Backward();
                Records = records;
                for (int t = mark; t < _stateCount; t++)
                {
                    if (_states[t].Adopted == 0)
                        _states[t].ReleaseBuffer("it was a temporary of the backward pass");
                }
            }
            node.Finish(rootState);
            _tape.RemoveAt(i);
        }
    }

    /// <summary>Begins a node for an op when this scope records and an input wants a gradient; null otherwise.</summary>
    internal static TNode? Record<TNode>(bool inputRequiresGrad)
        where TNode : Node, new()
    {
        StepScope? scope = Current;
        if (!inputRequiresGrad || scope is not { Records: true })
            return null;
        TNode node = NodePool<TNode>.Rent();
        scope._tape.Add(node);
        return node;
    }

    /// <summary>A contiguous tensor with undefined contents.</summary>
    internal Tensor Allocate(Device device, in Shape shape, DType type, string purpose)
    {
        NativeBuffer buffer = device.Heap.Rent(shape.Count * type.Size(), purpose);
        TensorState state = NewState(device, shape, type);
        state.Buffer = buffer;
        state.Strides = Strides.RowMajor(shape);
        state.Offset = 0;
        return new Tensor(state);
    }

    /// <summary>A second tensor over the same memory, without a gradient path.</summary>
    internal Tensor Alias(Tensor tensor, in Shape shape, in Strides strides, long offset)
    {
        TensorState source = tensor.State;
        _ = tensor.View;
        source.Buffer!.Retain();
        TensorState state = NewState(source.Device, shape, source.DType);
        state.Buffer = source.Buffer;
        state.Strides = strides;
        state.Offset = offset;
        return new Tensor(state);
    }

    private TensorState NewState(Device device, in Shape shape, DType type)
    {
        if (_stateCount == _states.Length)
            Array.Resize(ref _states, _states.Length * 2);
        TensorState state = _states[_stateCount++] ??= new TensorState();
        state.Device = device;
        state.Shape = shape;
        state.DType = type;
        state.Scope = this;
        state.Gone = null;
        return state;
    }

    private void ClearTape()
    {
        for (int i = _tape.Count - 1; i >= 0; i--)
            _tape[i].Finish(null);
        _tape.Clear();
    }
}
