using Athanor.Inference.Generation;

namespace Athanor.Serving.Chat;

/// <summary>A conversation made ready for an engine.</summary>
/// <param name="Request">What the engine is asked.</param>
/// <param name="Tools">The tools whose calls are looked for in the answer; null where none are.</param>
internal sealed record ChatTask(GenerationRequest Request, ToolSet? Tools);
