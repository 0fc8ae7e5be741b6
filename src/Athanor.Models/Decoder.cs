using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Models.Layers;
using Athanor.Tensors;
using Athanor.Tensors.Blocks;

namespace Athanor.Models;

/// <summary>
/// A decoder-only language model: embedding, L blocks, a norm, the output head. Every family is this class under other settings
/// (<see cref="ModelConfig"/>). Legend: B rows, T tokens, D width, V vocabulary.
/// </summary>
public sealed partial class Decoder : IDisposable
{
    private readonly Weight _embedding, _head;
    private readonly Positions _positions;
    private readonly DecoderBlock[] _blocks;
    private readonly Norm _norm;

    /// <summary>Builds the model.</summary>
    /// <param name="type">Storage of matrices and embeddings: F32 or BF16. Gains and biases are F32.</param>
    /// <param name="initial">Initial values; null leaves matrices undefined for a checkpoint to fill.</param>
    /// <param name="trainable">Gradients are wanted; a model that is only read takes a third of the memory without them.</param>
    /// <param name="packed">Matrices that are read as they lie, quantized or not, in place of parameters; for inference only.</param>
    /// <exception cref="ArgumentException">The settings do not make a decoder; the message lists every reason. Or packed weights have other shapes.</exception>
    public Decoder(Device device, ModelConfig config, DType type = DType.BF16, InitialValues? initial = null, bool trainable = true, IPackedWeights? packed = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(config);
        Config = config.Validated();
        Device = device;
        DType = type;
        var store = new ParameterStore(device, config, type, initial, trainable && packed is null, packed);
        _embedding = store.Weight("embedding.weight", config.VocabularySize, config.Width, ParameterRole.Embedding, "embedding");
        _positions = new Positions(device, store, config);
        _blocks = new DecoderBlock[config.Layers];
        for (int i = 0; i < _blocks.Length; i++)
            _blocks[i] = new DecoderBlock(store, config, _positions, i);
        _norm = new Norm(store, config, "norm", config.Width);
        _head = config.TieEmbeddings ? _embedding : store.Weight("head.weight", config.VocabularySize, config.Width, ParameterRole.Head, "head");
        Parameters = store.All;
        Probe = store.Probe;
        PackedMatrices = store.Packed;
    }

    /// <summary>The settings.</summary>
    public ModelConfig Config { get; }

    /// <summary>Where it is.</summary>
    public Device Device { get; }

    /// <summary>Storage of matrices and embeddings.</summary>
    public DType DType { get; }

    /// <summary>All parameters in the order of the data's way through the model.</summary>
    public IReadOnlyList<ModelParameter> Parameters { get; }

    /// <summary>The weights that are packed, not among <see cref="Parameters"/>; none unless asked for.</summary>
    public IReadOnlyList<PackedMatrix> PackedMatrices { get; }

    /// <summary>The matrix of the output head [V, D]: the embedding where they are tied.</summary>
    /// <exception cref="InvalidOperationException">It is packed.</exception>
    public Parameter Head => _head.Plain ?? throw new InvalidOperationException($"The output head of this model is packed ({_head.Packed}); it can be applied (Logits, LogProbs), not trained.");

    /// <summary>Whether blocks are computed again in the backward pass instead of keeping their activations.</summary>
    public bool Recompute { get; set; }

    /// <summary>Hidden states [B, T, D] behind the last norm.</summary>
    public Tensor Hidden(in DecoderInput input, IAttentionCache? cache = null)
    {
        Tensor x = Embedded(input, cache?.Length ?? 0), delta = default;
        foreach (DecoderBlock block in _blocks)
            (x, delta) = Recompute && cache is null ? (Ops.Checkpoint(Whole, (block, input), x), default) : block.Apply(x, delta, input, cache);
        cache?.Advance();
        return _norm.Apply(x, delta).Normed;
    }

    /// <summary>
    /// Mean |x| of the residual stream behind the embedding and behind each block, of the last hidden states, and of the logits: what must not trend with the
    /// width in muP's coordinate check.
    /// </summary>
    public IReadOnlyList<(string Name, double Mean)> Magnitudes(in DecoderInput input)
    {
        using StepScope scope = StepScope.Begin(Device, record: false);
        var means = new List<(string, double)>();
        Tensor x = Embedded(input, 0), delta = default;
        means.Add(("embedding", Mean(x)));
        for (int i = 0; i < _blocks.Length; i++)
        {
            (x, delta) = _blocks[i].Apply(x, delta, input, null);
            (x, delta) = (x + delta, default);
            means.Add(($"layers.{i}", Mean(x)));
        }
        Tensor hidden = _norm.Apply(x);
        means.Add(("hidden", Mean(hidden)));
        means.Add(("logits", Mean(Logits(hidden))));
        return means;
    }

    private static double Mean(Tensor x)
    {
        double sum = 0;
        foreach (float value in x.ToArray())
            sum += Math.Abs(value);
        return sum / x.Count;
    }

    private Tensor Embedded(in DecoderInput input, int offset)
    {
        if (input.Ids.Shape.Rank != 2)
            throw new ArgumentException($"A decoder reads ids [rows, tokens]; these are {input.Ids}.");
        Tensor x = _embedding.Rows(input.Ids, DType);
        if (Config.EmbeddingScale != 1)
            x *= Config.EmbeddingScale;
        return _positions.AddLearned(x, input, offset);
    }

    /// <summary>Logits [.., V] of hidden states [.., D], scaled and capped as the model does; F32 where the head is packed, else of the model's type.</summary>
    public Tensor Logits(Tensor hidden)
    {
        Tensor logits = _head.Apply(ForHead(hidden), type: DType.F32);
        return Config.LogitSoftCap > 0 ? (logits * (1 / Config.LogitSoftCap)).Tanh() * Config.LogitSoftCap : logits;
    }

    /// <summary>
    /// Logits of hidden states [.., D] on the host, rows · V numbers, and log Σ exp of each row, or an empty span where log-probabilities are not wanted:
    /// (float)(logit − lse) is, to the bit, <see cref="LogProbs"/>.
    /// </summary>
    public void LogitRows(Tensor hidden, Span<float> logits, Span<double> logSumExp) =>
        _head.Apply(ForHead(hidden), type: DType.F32).LogitRows(logits, logSumExp, Config.LogitSoftCap);

    /// <summary>
    /// The cross-entropy of targets I32 [B, T] (−100: does not count) after the input, without logits of all tokens in memory.
    /// </summary>
    /// <param name="options">Smoothing, z-loss, denominator; the model's own soft cap is put in.</param>
    /// <param name="weights">F32 [B, T]: weight of each token; all 1 when missing.</param>
    /// <param name="tokenLosses">F32 [B, T]: the loss of each token before weighting.</param>
    public Tensor Loss(in DecoderInput input, Tensor targets, CrossEntropyOptions? options, Tensor weights, out Tensor tokenLosses)
    {
        options ??= CrossEntropyOptions.Default;
        if (Config.LogitSoftCap > 0)
            options = options with { SoftCap = Config.LogitSoftCap };
        if (_head.Packed is not null)
            return PackedLoss(ForHead(Hidden(input)), targets, options, weights, out tokenLosses);
        return Ops.LinearCrossEntropy(ForHead(Hidden(input)), Head, targets, options, weights, out tokenLosses, out _);
    }

    /// <summary>As the longer form, the mean over all tokens that count.</summary>
    public Tensor Loss(in DecoderInput input, Tensor targets, CrossEntropyOptions? options = null) => Loss(input, targets, options, default, out _);

    /// <summary>
    /// Log-probability F32 [B, T] of ids I32 [B, T] (−100: 0) after the input: to the bit the negative token losses of <see cref="Loss(in DecoderInput, Tensor, CrossEntropyOptions?, Tensor, out Tensor)"/>
    /// over the same input, and within 1e-6 of those that it gives where it computes the gradient at once (<see cref="CrossEntropyOptions.RootGradient"/>).
    /// </summary>
    /// <param name="temperature">Divides the logits.</param>
    public Tensor LogProbs(in DecoderInput input, Tensor ids, float temperature = 1) =>
        _head.Packed is not null ? PackedLogProbs(ForHead(Hidden(input)), ids, temperature) :
        Ops.LinearLogProb(ForHead(Hidden(input)), Head, ids, temperature: temperature, softCap: Config.LogitSoftCap);

    private Tensor ForHead(Tensor hidden) => Config.LogitScale == 1 ? hidden : hidden * Config.LogitScale;

    private static readonly Func<(DecoderBlock Block, DecoderInput Input), Tensor, Tensor> Whole = (layer, x) =>
    {
        (x, Tensor delta) = layer.Block.Apply(x, default, layer.Input, null);
        return x + delta;
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ModelParameter parameter in Parameters)
            parameter.Value.Dispose();
        _positions.Dispose();
    }
}
