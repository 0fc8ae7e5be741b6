using Athanor.Inference.Cache;
using Athanor.Inference.Scheduling;
using Athanor.Models;
using Athanor.Models.Adaptation;
using Athanor.Models.Configuration;
using Athanor.Tokenizers;

namespace Athanor.Inference.Running;

/// <summary>What requests need to know of a model and its cache.</summary>
internal sealed class EngineModel
{
    public EngineModel(Decoder decoder, Tokenizer tokenizer, EngineOptions options, BlockPool pool, int contextLength)
    {
        (Decoder, Tokenizer, Options, Pool, ContextLength) = (decoder, tokenizer, options, pool, contextLength);
        EndTokens = options.EndTokens ?? (tokenizer.EosId is { } end ? [end] : []);
        Adapters = options.Adapters.ToDictionary(adapter => adapter.Name, StringComparer.Ordinal);
        int drawable = Math.Min(decoder.Config.VocabularySize, tokenizer.VocabularySize);
        Unnamed = [.. Enumerable.Range(0, drawable).Where(id => !tokenizer.Contains(id))];
    }

    /// <summary>The model.</summary>
    public Decoder Decoder { get; }

    /// <summary>Its tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The engine's settings.</summary>
    public EngineOptions Options { get; }

    /// <summary>The cache's blocks.</summary>
    public BlockPool Pool { get; }

    /// <summary>Most tokens of a text.</summary>
    public int ContextLength { get; }

    /// <summary>Tokens that end a text.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>Changes of the model by the names that requests use.</summary>
    public IReadOnlyDictionary<string, LoraAdapter> Adapters { get; }

    /// <summary>Ids that the tokenizer has no text for.</summary>
    public int[] Unnamed { get; }

    /// <summary>Guessing ahead; null for none.</summary>
    public SpeculationState? Speculation { get; init; }

    /// <summary>What computes.</summary>
    public ModelRunner? Runner { get; init; }

    /// <summary>A text to be computed.</summary>
    /// <param name="slots">Texts it becomes.</param>
    /// <param name="whole">Something is wanted of every token, so none may be taken from the cache.</param>
    public Sequence Begin(EngineTask owner, IReadOnlyList<int> prompt, long order, string? adapter, string? salt, int slots, bool whole)
    {
        var kind = new PassKind(RotaryLengthOf(prompt.Count), adapter is null ? null : Adapters[adapter]);
        string root = $"{kind.RotaryLength}\n{adapter?.Length}\n{adapter}{salt}";
        return new Sequence(prompt, new BlockTable(Pool, root), order, slots) { Owner = owner, MayTakeKnown = Options.PrefixCache && !whole, Kind = kind };
    }

    // Only the dynamic kinds bend frequencies, and only for prompts beyond the trained length; those texts are computed apart.
    private int RotaryLengthOf(int prompt)
    {
        ModelConfig config = Decoder.Config;
        bool bent = config.RopeScaling is { Kind: RopeScalingKind.DynamicNtk or RopeScalingKind.DynamicNtkSteps } scaling && prompt > (scaling.OriginalContextLength ?? config.ContextLength);
        return bent ? prompt : 0;
    }
}
