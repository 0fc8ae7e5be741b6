namespace Athanor.Inference.Sampling;

/// <summary>A token and the natural logarithm of its probability under the model, before temperature, penalties and masks.</summary>
public readonly record struct TokenLogProb(int Token, float LogProb);
