using Athanor.Runs.Settings;
using Athanor.Tokenizers;

namespace Athanor.Training.Objectives;

/// <summary>What a model is trained to predict. Plain causal language modelling is simplest and best at generating; the others are for what they are named after.</summary>
[Variant("causal", typeof(CausalObjective))]
[Variant("prefix_lm", typeof(PrefixLmObjective))]
[Variant("ul2", typeof(Ul2Objective))]
[Variant("fim", typeof(FimObjective))]
public abstract record TrainingObjective
{
    /// <summary>The maker of examples over a tokenizer; null where documents are trained as they are.</summary>
    /// <exception cref="InvalidDataException">The tokenizer lacks a token that the objective needs; the message says how to add it.</exception>
    public abstract ExampleMaker? Bind(Tokenizer tokenizer);

    /// <summary>The ids of special tokens, all that are missing named in one message.</summary>
    private protected static int[] Find(Tokenizer tokenizer, string objective, IReadOnlyList<string> names)
    {
        string[] missing = [.. names.Where(name => !tokenizer.TryGetId(name, out _))];
        if (missing.Length == 0)
            return [.. names.Select(name => tokenizer.TryGetId(name, out int id) ? id : -1)];
        string shown = missing.Length > 4 ? $"{string.Join(", ", missing.Take(3))} … {missing[^1]}" : string.Join(", ", missing);
        throw new InvalidDataException(
            $"The objective '{objective}' needs {(missing.Length == 1 ? "a token" : $"{missing.Length} tokens")} that the tokenizer lacks: {shown}. Put {(missing.Length == 1 ? "it" : "them")} into special_tokens of the stage "
            + $"that trains the tokenizer (train_tokenizer), or between a finished tokenizer and its users a stage extend_tokenizer with special_tokens; or name tokens that are there in objective.");
    }
}
