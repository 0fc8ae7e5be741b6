using Athanor.Tokenizers;

namespace Athanor.Training.Objectives;

/// <summary>Each token from those before it.</summary>
public sealed record CausalObjective : TrainingObjective
{
    /// <inheritdoc/>
    public override ExampleMaker? Bind(Tokenizer tokenizer) => null;
}
