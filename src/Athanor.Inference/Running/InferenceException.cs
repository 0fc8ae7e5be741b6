namespace Athanor.Inference.Running;

/// <summary>A request could not be answered to its end: the model gave no numbers, or a step failed.</summary>
public sealed class InferenceException(string message, Exception? inner = null) : Exception(message, inner);
