using Athanor.Inference.Generation;
using Athanor.Models.Configuration;

namespace Athanor.Inference.Running;

/// <summary>Refuses requests that cannot be answered before they cost anything.</summary>
internal static class RequestCheck
{
    private const int MostTop = 100;

    public static void Check(GenerationRequest request, EngineModel model, IReadOnlyCollection<string> adapters)
    {
        ArgumentNullException.ThrowIfNull(request);
        // One place must be left for what is drawn.
        CheckTokens(request.Prompt, model, request.MaxTokens > 0 ? model.ContextLength - 1 : model.ContextLength, nameof(request));
        ArgumentNullException.ThrowIfNull(request.Sampling);
        request.Sampling.Validate(model.Decoder.Config.VocabularySize);
        int texts = Math.Max(request.Candidates, request.BestOf);
        Require(request.MaxTokens >= 0, $"MaxTokens is {request.MaxTokens}; give 0 or more.");
        Require(request.MinTokens >= 0, $"MinTokens is {request.MinTokens}; give 0 or more.");
        Require(request.Candidates >= 1 && texts <= model.Options.MaxSequences, $"{texts} texts of one request cannot be computed side by side; give 1 to {model.Options.MaxSequences}.");
        Require(request.BestOf == 0 || request.BestOf >= request.Candidates, $"BestOf is {request.BestOf}; {request.Candidates} texts cannot be chosen from it.");
        Require(request.LogProbs is null or (>= 0 and <= MostTop), $"LogProbs is {request.LogProbs}; give 0 to {MostTop}.");
        Require(request.PromptLogProbs is null or (>= 0 and <= MostTop), $"PromptLogProbs is {request.PromptLogProbs}; give 0 to {MostTop}.");
        Require(request.Stop.All(text => !string.IsNullOrEmpty(text)), "A stop text is empty. Leave it out.");
        Require(request.Adapter is null || adapters.Contains(request.Adapter), $"There is no adapter '{request.Adapter}'; the engine has {(adapters.Count == 0 ? "none" : string.Join(", ", adapters))}.");
        Require(request.Beams >= 0 && request.Beams <= model.Options.MaxSequences, $"{request.Beams} beams cannot be computed side by side; give 1 to {model.Options.MaxSequences}, or 0 to draw.");
        if (request.Beams == 0)
            return;
        Require(request.Sampling.Temperature == 0, $"A beam search draws nothing; give Temperature 0 instead of {request.Sampling.Temperature}.");
        Require(request.Candidates <= request.Beams, $"{request.Beams} beams give no {request.Candidates} texts; give more beams.");
        Require(request.BestOf == 0 && request.PromptLogProbs is null, "A beam search ranks its texts itself and scores no prompt: leave BestOf and PromptLogProbs out.");
    }

    public static void CheckTokens(IReadOnlyList<int> tokens, EngineModel model, int most, string name)
    {
        ArgumentNullException.ThrowIfNull(tokens, name);
        if (tokens.Count == 0)
            throw new ArgumentException("The prompt is empty. Give one token at least, the begin token for example.", name);
        if (tokens.Count > most)
            throw new ArgumentException($"The prompt has {tokens.Count} tokens; the context of {model.ContextLength} has room for {most}. Shorten it.", name);
        ModelConfig config = model.Decoder.Config;
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)config.VocabularySize)
                throw new ArgumentException($"The prompt holds the token {token}; the model has {config.VocabularySize}. Take the tokenizer that belongs to it.", name);
        }
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
            throw new ArgumentException(problem);
    }
}
