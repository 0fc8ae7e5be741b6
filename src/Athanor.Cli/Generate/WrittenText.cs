using Athanor.Inference.Generation;

namespace Athanor.Cli.Generate;

/// <summary>A text that a model wrote behind a prompt.</summary>
/// <param name="Text">What it wrote, up to a stop text.</param>
/// <param name="Tokens">Tokens, end tokens not counted.</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="StopText">The stop text that ended it, or null.</param>
/// <param name="Usage">What it cost.</param>
internal sealed record WrittenText(string Text, int Tokens, FinishReason Finish, string? StopText, GenerationUsage Usage);
