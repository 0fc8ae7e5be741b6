using Athanor.Models.Configuration;

namespace Athanor.Inference.Gguf;

/// <summary>A tensor of a GGUF file and the parameter rows that it is.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="Rows">Outputs, or the length of a vector.</param>
/// <param name="Columns">Inputs; 0 for a vector.</param>
/// <param name="Parameter">The decoder's parameter.</param>
/// <param name="FirstRow">The parameter row that is the first of the tensor.</param>
/// <param name="Turns">The rows are heads that turn with the position, so their order depends on how rotary pairs lie.</param>
internal sealed record MappedTensor(string Name, int Rows, int Columns, string Parameter, int FirstRow = 0, bool Turns = false)
{
    /// <summary>The shape, rows first.</summary>
    public long[] Shape => Columns == 0 ? [Rows] : [Rows, Columns];
}

/// <summary>The tensors of an architecture as data: writing and reading follow one list.</summary>
internal sealed class GgufMap(ModelConfig config)
{
    private readonly List<MappedTensor> _tensors = [];

    public ModelConfig Config => config;

    public IReadOnlyList<MappedTensor> Tensors => _tensors;

    public void Add(string name, int rows, int columns, string parameter, int firstRow = 0, bool turns = false) => _tensors.Add(new MappedTensor(name, rows, columns, parameter, firstRow, turns));

    public void Embedding() => Add("token_embd.weight", config.VocabularySize, config.Width, "embedding.weight");

    public void Norm(string name, string parameter)
    {
        Add($"{name}.weight", config.Width, 0, $"{parameter}.weight");
        if (config.NormBias)
            Add($"{name}.bias", config.Width, 0, $"{parameter}.bias");
    }

    /// <summary>The last norm, and the head where it is not the embedding.</summary>
    public void Output()
    {
        Norm("output_norm", "norm");
        if (!config.TieEmbeddings)
            Add("output.weight", config.VocabularySize, config.Width, "head.weight");
    }

    /// <summary>Queries, keys and values as three tensors, and the gains of their norms.</summary>
    public void SeparateQkv(string name, string layer)
    {
        int query = config.Heads * config.HeadSize, shared = config.KeyValueHeads * config.HeadSize;
        Linear($"{name}.attn_q", query, config.Width, $"{layer}.attention.qkv", 0, config.QkvBias, turns: true);
        Linear($"{name}.attn_k", shared, config.Width, $"{layer}.attention.qkv", query, config.QkvBias, turns: true);
        Linear($"{name}.attn_v", shared, config.Width, $"{layer}.attention.qkv", query + shared, config.QkvBias);
        if (config.QkNorm == QkNormKind.None)
            return;
        bool perHead = config.QkNorm == QkNormKind.PerHead;
        Add($"{name}.attn_q_norm.weight", perHead ? config.HeadSize : query, 0, $"{layer}.attention.q_norm.weight", turns: true);
        Add($"{name}.attn_k_norm.weight", perHead ? config.HeadSize : shared, 0, $"{layer}.attention.k_norm.weight", turns: true);
    }

    /// <summary>Queries, keys and values as one tensor.</summary>
    public void StackedQkv(string name, string layer) =>
        Linear($"{name}.attn_qkv", (config.Heads + 2 * config.KeyValueHeads) * config.HeadSize, config.Width, $"{layer}.attention.qkv", 0, config.QkvBias);

    public void AttentionOutput(string name, string layer) =>
        Linear($"{name}.attn_output", config.Width, config.Heads * config.HeadSize, $"{layer}.attention.out", 0, config.AttentionOutputBias);

    public void FeedForward(string name, string layer)
    {
        int inner = config.FeedForwardWidth;
        string up = config.Gated ? "gate_up" : "up";
        if (config.Gated)
            Linear($"{name}.ffn_gate", inner, config.Width, $"{layer}.feed_forward.{up}", 0, config.FeedForwardBias);
        Linear($"{name}.ffn_up", inner, config.Width, $"{layer}.feed_forward.{up}", config.Gated ? inner : 0, config.FeedForwardBias);
        Linear($"{name}.ffn_down", config.Width, inner, $"{layer}.feed_forward.down", 0, config.FeedForwardBias);
    }

    private void Linear(string name, int rows, int columns, string parameter, int firstRow, bool bias, bool turns = false)
    {
        Add($"{name}.weight", rows, columns, $"{parameter}.weight", firstRow, turns);
        if (bias)
            Add($"{name}.bias", rows, 0, $"{parameter}.bias", firstRow, turns);
    }
}
