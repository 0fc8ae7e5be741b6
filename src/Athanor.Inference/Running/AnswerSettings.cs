using Athanor.Inference.Generation;
using Athanor.Tokenizers;

namespace Athanor.Inference.Running;

/// <summary>What the texts of a request have in common.</summary>
internal sealed class AnswerSettings
{
    public AnswerSettings(GenerationRequest request, EngineModel model)
    {
        (Request, Tokenizer, Vocabulary) = (request, model.Tokenizer, model.Decoder.Config.VocabularySize);
        Drawable = Math.Min(Vocabulary, Tokenizer.VocabularySize);
        MaxTokens = Math.Min(request.MaxTokens, model.ContextLength - request.Prompt.Count);
        Ends = [.. request.StopTokens, .. request.IgnoreEnd ? [] : model.EndTokens];
        Banned = model.Unnamed;
        BannedEarly = [.. Banned, .. Ends];
    }

    /// <summary>The request.</summary>
    public GenerationRequest Request { get; }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Logits of a place.</summary>
    public int Vocabulary { get; }

    /// <summary>So many first ids may be drawn: an embedding may have more rows than its tokenizer has tokens.</summary>
    public int Drawable { get; }

    /// <summary>Tokens drawn at most: those asked for, or for which there is room.</summary>
    public int MaxTokens { get; }

    /// <summary>Tokens that end a text.</summary>
    public HashSet<int> Ends { get; }

    /// <summary>Tokens that are never drawn, and those that are not before the least length.</summary>
    public int[] Banned { get; }

    /// <inheritdoc cref="Banned"/>
    public int[] BannedEarly { get; }
}
