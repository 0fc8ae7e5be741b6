namespace Athanor.Models.Configuration;

/// <summary>
/// The sizes and options of a decoder, in the words of this library; a family of published models is one setting of them
/// (<c>HuggingFace/</c> maps them to and from <c>config.json</c>). The defaults are a Llama.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>Hugging Face's <c>model_type</c>: decides the names and layouts of a written checkpoint.</summary>
    public string Family { get; init; } = "llama";

    /// <summary>V: rows of the embedding.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>D: width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>L: blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>H: query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Hkv: key and value heads, a divisor of <see cref="Heads"/>: grouped-query attention, multi-query at 1 (arXiv 2305.13245).</summary>
    public int KeyValueHeads { get => field == 0 ? Heads : field; init; }

    /// <summary>K: width of a head; D / H when not given.</summary>
    public int HeadSize { get => field == 0 ? Width / Heads : field; init; }

    /// <summary>F: inner width of the feed-forward part.</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>T: positions that the model was or will be trained on.</summary>
    public required int ContextLength { get; init; }

    /// <summary>The kind of norm.</summary>
    public NormKind Norm { get; init; } = NormKind.Rms;

    /// <summary>Added to the variance under the root.</summary>
    public float NormEpsilon { get; init; } = 1e-5f;

    /// <summary>Norms scale by learned gains; OLMo 1 does without.</summary>
    public bool NormGain { get; init; } = true;

    /// <summary>Layer norms shift by learned biases.</summary>
    public bool NormBias { get; init; }

    /// <summary>Where the norms of a block stand.</summary>
    public BlockLayout Layout { get; init; } = BlockLayout.PreNorm;

    /// <summary>The feed-forward function.</summary>
    public FeedForwardKind FeedForward { get; init; } = FeedForwardKind.SwiGlu;

    /// <summary>The projections to queries, keys and values have biases (Qwen 2, GPT-2).</summary>
    public bool QkvBias { get; init; }

    /// <summary>The projection behind attention has a bias.</summary>
    public bool AttentionOutputBias { get; init; }

    /// <summary>The feed-forward projections have biases.</summary>
    public bool FeedForwardBias { get; init; }

    /// <summary>How positions enter.</summary>
    public PositionKind Position { get; init; } = PositionKind.Rotary;

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Share of a head's dimensions that turn: GPT-NeoX and others leave a part alone.</summary>
    public double RotaryShare { get; init; } = 1;

    /// <summary>Rotary pairs are neighbours (Meta's and llama2.c's files) instead of halves (Hugging Face's).</summary>
    public bool RopeInterleaved { get; init; }

    /// <summary>How rotary frequencies are bent for longer contexts; null for not at all.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>ALiBi: the slope of head i of H is 2^(−this·i/H); 8 in the paper.</summary>
    public float AlibiMaxBias { get; init; } = 8;

    /// <summary>ALiBi: factor of the slopes; 1/√K in Falcon, which scales scores and distances together.</summary>
    public float AlibiScale { get; init; } = 1;

    /// <summary>Queries see so many latest positions, themselves included (Mistral); 0 for all.</summary>
    public int SlidingWindow { get; init; }

    /// <summary>Queries beyond the trained context are multiplied by log_T(position) (Qwen 1).</summary>
    public bool LogNAttention { get; init; }

    /// <summary>Norms on queries and keys.</summary>
    public QkNormKind QkNorm { get; init; }

    /// <summary>Queries, keys and values are clamped to ± this (MPT, OLMo); 0 for not.</summary>
    public float ClipQkv { get; init; }

    /// <summary>The output head is the embedding.</summary>
    public bool TieEmbeddings { get; init; }

    /// <summary>Logits are bent to stay within ± this (Gemma 2); 0 for not.</summary>
    public float LogitSoftCap { get; init; }

    /// <summary>Attention scores are bent to stay within ± this (Gemma 2); 0 for not.</summary>
    public float AttentionSoftCap { get; init; }

    /// <summary>Factor of the attention scores; 1/√K when null, 1/K under muP.</summary>
    public float? AttentionScale { get; init; }

    /// <summary>Factor of the embeddings: √D in Gemma, tuned under muP.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Factor of what each part of a block adds to the residual stream (MiniCPM).</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>Factor of the logits: 1/m under muP for a width m times the base.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>
    /// The text of the <c>config.json</c> that the settings were read from: what it says beyond them (token ids, versions, dropout) is written back with
    /// the next checkpoint. Null for settings made here.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>Whether the feed-forward function multiplies two projections.</summary>
    public bool Gated => FeedForward is FeedForwardKind.SwiGlu or FeedForwardKind.GeGlu or FeedForwardKind.GeGluTanh;

    /// <summary>Rotary dimensions of a head; even.</summary>
    public int RotarySize => (int)(HeadSize * RotaryShare) / 2 * 2;

    /// <summary>Finds every setting that no decoder can be built from; empty when all is well.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        void Require(bool condition, string problem)
        {
            if (!condition)
                problems.Add(problem);
        }
        Require(VocabularySize > 0, $"The vocabulary size is {VocabularySize}; give the tokenizer's.");
        Require(Width > 0, $"The width is {Width}; it must be above 0.");
        Require(Layers > 0, $"The model has {Layers} layers; it needs one at least.");
        Require(Heads > 0 && KeyValueHeads > 0 && (Heads <= 0 || Heads % Math.Max(1, KeyValueHeads) == 0), $"{Heads} query heads cannot share {KeyValueHeads} key heads evenly; choose a divisor.");
        Require(Heads <= 0 || HeadSize * Heads == Width || HeadSize > 0, $"The width {Width} is no multiple of the {Heads} heads; change one or give the head size.");
        Require(FeedForwardWidth > 0, $"The feed-forward width is {FeedForwardWidth}; it must be above 0.");
        Require(ContextLength > 0, $"The context length is {ContextLength}; it must be above 0.");
        Require(Position != PositionKind.Rotary || RotarySize >= 2, $"Rotary positions need two dimensions of a head at least; a head has {HeadSize}, the share is {RotaryShare}.");
        Require(NormEpsilon >= 0 && float.IsFinite(NormEpsilon), $"The norm's epsilon is {NormEpsilon}; it must be 0 or above.");
        Require(SlidingWindow >= 0, $"The sliding window is {SlidingWindow}; give 0 for none.");
        Require(!NormBias || Norm == NormKind.Layer, "RMSNorm has no bias; use the layer norm or leave the bias out.");
        Require(LogitSoftCap >= 0 && AttentionSoftCap >= 0 && ClipQkv >= 0, "Soft caps and the clip of queries, keys and values are 0 or above.");
        Require(AlibiMaxBias > 0 && AlibiScale > 0, $"ALiBi's largest bias ({AlibiMaxBias}) and scale ({AlibiScale}) must be above 0.");
        if (RopeScaling is not null)
            problems.AddRange(RopeScaling.Problems());
        return problems;
    }

    /// <summary>Throws with every problem when there is one.</summary>
    /// <exception cref="ArgumentException">The settings do not make a decoder.</exception>
    public ModelConfig Validated() => Problems() is { Count: > 0 } problems ? throw new ArgumentException(string.Join(" ", problems)) : this;
}
