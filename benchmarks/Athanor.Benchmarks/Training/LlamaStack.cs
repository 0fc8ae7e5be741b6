using Athanor.Tensors;

namespace Athanor.Benchmarks.Training;

/// <summary>Sizes of a benchmark model: D width, L layers, H heads, F feed-forward width, V vocabulary, T tokens a row, B rows.</summary>
internal sealed record StackSize(string Name, int D, int L, int H, int F, int V, int T, int B)
{
    public int Tokens => B * T;

    /// <summary>Weights that take part in matrix products; the tied embedding counts once, as the output head.</summary>
    public long MatrixWeights => (long)L * (4L * D * D + 3L * D * F) + (long)V * D;

    /// <summary>6N + 12·L·T·D: forward and backward products and attention, its causal half not deducted (the PaLM count).</summary>
    public double FlopsPerToken => 6.0 * MatrixWeights + 12.0 * L * T * D;
}

/// <summary>
/// A Llama-style decoder straight on the engine's ops: pre-norm RMSNorm, rotary embedding, SwiGLU, causal flash attention, tied
/// embedding, fused output head and cross-entropy.
/// </summary>
internal sealed class LlamaStack : IDisposable
{
    private readonly StackSize _size;
    private readonly Parameter _embedding, _finalNorm;
    private readonly Block[] _blocks;
    private readonly RotaryTable _rotary;
    private readonly Tensor[] _parts = new Tensor[3];

    public LlamaStack(Device device, StackSize size, DType type)
    {
        _size = size;
        ulong stream = 0;
        Parameter Weight(string name, int rows, int columns)
        {
            var parameter = new Parameter(device, name, new Shape(rows, columns), type);
            RandomFill.Normal(parameter, 0, 0.02f, seed: 1, stream: stream++);
            Parameters.Add(parameter);
            return parameter;
        }
        Parameter Gain(string name)
        {
            var parameter = new Parameter(device, name, new Shape(size.D), type);
            device.Upload(parameter, [.. Enumerable.Repeat(1f, size.D)]);
            Parameters.Add(parameter);
            return parameter;
        }
        _embedding = Weight("embedding", size.V, size.D);
        _blocks = new Block[size.L];
        for (int i = 0; i < size.L; i++)
        {
            _blocks[i] = new Block(
                Gain($"{i}.norm1"), Weight($"{i}.qkv", 3 * size.D, size.D), Weight($"{i}.out", size.D, size.D),
                Gain($"{i}.norm2"), Weight($"{i}.gate_up", 2 * size.F, size.D), Weight($"{i}.down", size.D, size.F));
        }
        _finalNorm = Gain("norm");
        _rotary = new RotaryTable(device, size.T, size.D / size.H);
    }

    private sealed record Block(Parameter Norm1, Parameter Qkv, Parameter Out, Parameter Norm2, Parameter GateUp, Parameter Down);

    public List<Parameter> Parameters { get; } = [];

    /// <summary>
    /// The seed that Backward will start from. Known beforehand it lets the output head compute its gradients with the loss, one
    /// matrix product less; null makes no promise.
    /// </summary>
    public CrossEntropyOptions? RootGradient { get; init; } = new() { RootGradient = 1 };

    /// <summary>Whether each block's activations are computed again in the backward pass instead of kept.</summary>
    public bool Recompute { get; init; }

    /// <summary>Mean cross-entropy of [B, T] targets after [B, T] token ids.</summary>
    public Tensor Loss(Tensor ids, Tensor targets)
    {
        Tensor x = Ops.Embedding(_embedding, ids);
        Tensor delta = default;
        foreach (Block block in _blocks)
            (x, delta) = Recompute ? (Ops.Checkpoint(Whole, (this, block), x), default) : Apply(block, x, delta);
        (_, Tensor last) = Norm(x, delta, _finalNorm);
        return Ops.LinearCrossEntropy(last, _embedding, targets, RootGradient);
    }

    /// <summary>One block on the residual stream x + delta; its own last addition is left to the norm that follows.</summary>
    private (Tensor X, Tensor Delta) Apply(Block block, Tensor x, Tensor delta)
    {
        (x, Tensor normed) = Norm(x, delta, block.Norm1);
        Tensor attended = Attend(Ops.Linear(normed, block.Qkv));
        (x, normed) = Norm(x, Ops.Linear(attended, block.Out), block.Norm2);
        return (x, Ops.Linear(Ops.Linear(normed, block.GateUp).SwiGlu(), block.Down));
    }

    private static readonly Func<(LlamaStack Stack, Block Block), Tensor, Tensor> Whole = (layer, x) =>
    {
        (x, Tensor delta) = layer.Stack.Apply(layer.Block, x, default);
        return x + delta;
    };

    private static (Tensor Sum, Tensor Normed) Norm(Tensor x, Tensor delta, Parameter gain) =>
        delta.Exists ? x.RmsNorm(delta, gain) : (x, x.RmsNorm(gain));

    private Tensor Attend(Tensor qkv)
    {
        int heads = _size.H, width = _size.D / heads;
        Tensor rotated = qkv.Rotate(_rotary, 2 * heads, width, consume: true).Reshape(_size.B, _size.T, 3 * heads, width);
        rotated.Split(2, [heads, heads, heads], _parts);
        return Ops.Attention(_parts[0], _parts[1], _parts[2], new AttentionOptions { Causal = true }).Reshape(_size.B, _size.T, _size.D);
    }

    public void Dispose()
    {
        foreach (Parameter parameter in Parameters)
            parameter.Dispose();
        _rotary.Dispose();
    }
}
