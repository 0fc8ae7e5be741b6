using Athanor.Inference.Generation;

namespace Athanor.Serving.Protocol;

/// <summary>What a request cost, in OpenAI's form.</summary>
internal sealed record Usage(int PromptTokens, int CompletionTokens, int TotalTokens, PromptDetails PromptTokensDetails, CompletionDetails? CompletionTokensDetails)
{
    public static Usage Of(GenerationUsage usage) => new(
        usage.PromptTokens,
        usage.GeneratedTokens,
        usage.PromptTokens + usage.GeneratedTokens,
        new PromptDetails(usage.CachedTokens),
        usage.DraftedTokens > 0 ? new CompletionDetails(usage.AcceptedTokens, usage.DraftedTokens - usage.AcceptedTokens) : null);

    public static GenerationUsage Sum(GenerationUsage? a, GenerationUsage b) => a is null ? b : new GenerationUsage(
        a.PromptTokens + b.PromptTokens, a.CachedTokens + b.CachedTokens, a.GeneratedTokens + b.GeneratedTokens, a.DraftedTokens + b.DraftedTokens, a.AcceptedTokens + b.AcceptedTokens);
}

internal sealed record PromptDetails(int CachedTokens);

/// <summary>What speculation did: tokens proposed and kept, and those refused.</summary>
internal sealed record CompletionDetails(int AcceptedPredictionTokens, int RejectedPredictionTokens);
