using System.ComponentModel.DataAnnotations;
using Athanor.Models.Adaptation;
using Athanor.Runs.Settings;

namespace Athanor.Training.Stages;

/// <summary>How rows of tokens start that the model did not have.</summary>
public enum NewTokenStart
{
    /// <summary>As the mean of the tokens that spelled them before; special tokens as the mean of all.</summary>
    Pieces,

    /// <summary>As the mean of all tokens.</summary>
    Mean,
}

/// <summary>Settings of the stage <c>load_model</c>.</summary>
public sealed record LoadModelSettings
{
    /// <summary>A Hugging Face folder: config.json, model.safetensors or shards, tokenizer.json; a llama2.c file; or the folder of a run, such as runs/quickstart, whose last model is taken. Its content decides about reuse. Left out where a model is named in from.</summary>
    [Input]
    public RecipePath? Path { get; init; }

    /// <summary>Another context, in tokens; the model's own where absent.</summary>
    [Range(2, 1 << 24)]
    public int? ContextLength { get; init; }

    /// <summary>How rotary positions reach a longer context.</summary>
    public RotaryExtension Rope { get; init; } = RotaryExtension.Yarn;

    /// <summary>How rows of new tokens start, where the stage takes a tokenizer that has more tokens than the model's.</summary>
    public NewTokenStart NewTokens { get; init; } = NewTokenStart.Pieces;

    /// <summary>Rows of embedding and head are filled up to a multiple of this.</summary>
    [Range(1, 1 << 16)]
    public int VocabularyMultiple { get; init; } = 1;
}
