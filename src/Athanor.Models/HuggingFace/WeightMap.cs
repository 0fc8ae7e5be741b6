using Athanor.Models.Configuration;

namespace Athanor.Models.HuggingFace;

/// <summary>
/// The tensors of a checkpoint as data: each family lists its names and layouts once, and both loading and saving follow the list. A model with interleaved
/// rotary pairs is mapped to the halves of Hugging Face's files by reordering the rows of its query and key heads.
/// </summary>
internal sealed class WeightMap(ModelConfig config)
{
    private readonly List<FileTensor> _tensors = [];

    public ModelConfig Config => config;

    public IReadOnlyList<FileTensor> Tensors => _tensors;

    /// <summary>A tensor that is one parameter.</summary>
    public void Whole(string parameter, string name, int rows, int columns = 0, bool transposed = false, bool plusOne = false) =>
        New(name, rows, columns, transposed, plusOne).Add(parameter, 0, rows);

    /// <summary>The token embedding.</summary>
    public void Embedding(string name) => Whole("embedding.weight", name, config.VocabularySize, config.Width);

    /// <summary>The output head, where it is not the embedding.</summary>
    public void Head(string name = "lm_head.weight")
    {
        if (!config.TieEmbeddings)
            Whole("head.weight", name, config.VocabularySize, config.Width);
    }

    /// <summary>Gain and bias of a norm, as the model has them.</summary>
    public void Norm(string parameter, string name, bool plusOne = false)
    {
        if (config.NormGain)
            Whole($"{parameter}.weight", $"{name}.weight", config.Width, plusOne: plusOne);
        if (config.NormBias)
            Whole($"{parameter}.bias", $"{name}.bias", config.Width);
    }

    /// <summary>Weight and bias of a projection.</summary>
    public void Linear(string parameter, string name, int rows, int columns, bool bias, bool transposed = false)
    {
        Whole($"{parameter}.weight", $"{name}.weight", rows, columns, transposed);
        if (bias)
            Whole($"{parameter}.bias", $"{name}.bias", rows);
    }

    /// <summary>The projection behind attention.</summary>
    public void AttentionOutput(string layer, string name, bool transposed = false) =>
        Linear($"{layer}.attention.out", name, config.Width, config.Heads * config.HeadSize, config.AttentionOutputBias, transposed);

    /// <summary>Gate, up and down of a gated feed-forward part, or up and down of a plain one (<paramref name="gate"/> null).</summary>
    public void FeedForward(string layer, string? gate, string up, string down, bool transposed = false)
    {
        int inner = config.FeedForwardWidth;
        if (gate is null)
        {
            Linear($"{layer}.feed_forward.up", up, inner, config.Width, config.FeedForwardBias, transposed);
        }
        else
        {
            Part($"{layer}.feed_forward.gate_up", gate, 0, inner, config.FeedForwardBias, transposed);
            Part($"{layer}.feed_forward.gate_up", up, inner, inner, config.FeedForwardBias, transposed);
        }
        Linear($"{layer}.feed_forward.down", down, config.Width, inner, config.FeedForwardBias, transposed);
    }

    /// <summary>Queries, keys and values as three tensors.</summary>
    public void SeparateQkv(string layer, string query, string key, string value)
    {
        int heads = config.Heads, shared = config.KeyValueHeads;
        Heads(layer, query, Enumerable.Range(0, heads));
        Heads(layer, key, Enumerable.Range(heads, shared));
        Heads(layer, value, Enumerable.Range(heads + shared, shared));
    }

    /// <summary>One tensor with all query heads, all key heads, all value heads.</summary>
    public void StackedQkv(string layer, string name, bool transposed = false) =>
        Heads(layer, name, Enumerable.Range(0, config.Heads + 2 * config.KeyValueHeads), transposed);

    /// <summary>One tensor that holds for each key head its query heads, the key head, the value head (Falcon, BLOOM, StarCoder without multi-query).</summary>
    public void GroupedQkv(string layer, string name)
    {
        int heads = config.Heads, shared = config.KeyValueHeads, group = heads / shared;
        Heads(layer, name, Enumerable.Range(0, shared).SelectMany(i => Enumerable.Range(i * group, group).Append(heads + i).Append(heads + shared + i)));
    }

    /// <summary>The gains of norms on queries and keys.</summary>
    public void QkNorm(string layer, string query, string key)
    {
        bool perHead = config.QkNorm == QkNormKind.PerHead;
        Gains($"{layer}.attention.q_norm.weight", query, perHead ? 1 : config.Heads);
        Gains($"{layer}.attention.k_norm.weight", key, perHead ? 1 : config.KeyValueHeads);
    }

    private void Gains(string parameter, string name, int heads)
    {
        FileTensor tensor = New(name, heads * config.HeadSize, 0);
        for (int head = 0; head < heads; head++)
            AddHead(tensor, parameter, head, turns: true);
    }

    // Heads are numbered as the rows of the fused parameter: queries, keys, values.
    private void Heads(string layer, string name, IEnumerable<int> heads, bool transposed = false)
    {
        int[] order = [.. heads];
        Add(New($"{name}.weight", order.Length * config.HeadSize, config.Width, transposed), $"{layer}.attention.qkv.weight");
        if (config.QkvBias)
            Add(New($"{name}.bias", order.Length * config.HeadSize, 0), $"{layer}.attention.qkv.bias");
        void Add(FileTensor tensor, string parameter)
        {
            foreach (int head in order)
                AddHead(tensor, parameter, head, turns: head < config.Heads + config.KeyValueHeads);
        }
    }

    private void AddHead(FileTensor tensor, string parameter, int head, bool turns)
    {
        int size = config.HeadSize, rotary = turns && config.Position == PositionKind.Rotary && config.RopeInterleaved ? config.RotarySize : 0, first = head * size;
        for (int half = 0; half < 2; half++)
        {
            for (int i = half; i < rotary; i += 2)
                tensor.Add(parameter, first + i, 1);
        }
        if (size > rotary)
            tensor.Add(parameter, first + rotary, size - rotary);
    }

    private void Part(string parameter, string name, int row, int rows, bool bias, bool transposed)
    {
        New($"{name}.weight", rows, config.Width, transposed).Add($"{parameter}.weight", row, rows);
        if (bias)
            New($"{name}.bias", rows, 0).Add($"{parameter}.bias", row, rows);
    }

    private FileTensor New(string name, int rows, int columns, bool transposed = false, bool plusOne = false)
    {
        var tensor = new FileTensor(name, rows, columns, transposed, plusOne);
        _tensors.Add(tensor);
        return tensor;
    }
}
