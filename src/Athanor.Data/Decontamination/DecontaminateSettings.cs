using System.ComponentModel.DataAnnotations;
using Athanor.Data.Steps;
using Athanor.Runs.Settings;

namespace Athanor.Data.Decontamination;

/// <summary>What counts as a copy of a question.</summary>
public enum ContaminationRule
{
    /// <summary>Any n-gram of question or answer (GPT-3: 13 words; shorter texts as a whole).</summary>
    Ngram,

    /// <summary>Any n-gram of the answer, or over the edge of question and answer (datatrove: 12 words).</summary>
    Datatrove,

    /// <summary>A share of a question's words, in runs of at least n (Cosmopedia and phi: 10 words, half of the question).</summary>
    Overlap,
}

/// <summary>What becomes of a document that holds a copy.</summary>
public enum ContaminationAction
{
    /// <summary>It is removed.</summary>
    Drop,

    /// <summary>The copy is cut out with what stands around it (NeMo Curator); what is left stays.</summary>
    Cut,
}

/// <summary>Settings of <c>decontaminate</c>.</summary>
public sealed record DecontaminateSettings : IStepSource, IValidated, IDerives
{
    /// <summary>The tasks.</summary>
    public required IReadOnlyList<TaskFileSettings> Tasks { get; init; }

    /// <summary>What counts as a copy: ngram, datatrove, overlap.</summary>
    public ContaminationRule Rule { get; init; }

    /// <summary>Words of an n-gram: 13 for ngram, 12 for datatrove, 10 for overlap.</summary>
    [Range(1, 200)]
    public int? Words { get; init; }

    /// <summary>For ngram and overlap: texts of fewer words than an n-gram are looked for as a whole if they have as many as this.</summary>
    [Range(1, 200)]
    public int MinWords { get; init; } = 8;

    /// <summary>For overlap: the share of a question's words from which on it is a copy.</summary>
    [Range(0.01, 1)]
    public double Share { get; init; } = 0.5;

    /// <summary>What becomes of the document: drop, cut.</summary>
    public ContaminationAction Action { get; init; }

    /// <summary>For cut: characters that go on each side of a copy.</summary>
    [Range(0, 1_000_000)]
    public int CutAround { get; init; } = 200;

    /// <summary>For cut: shorter rests go too, in characters.</summary>
    [Range(0, 1_000_000)]
    public int MinRest { get; init; } = 200;

    /// <summary>For cut: a document with more cuts is removed.</summary>
    [Range(1, 1_000_000)]
    public int MaxCuts { get; init; } = 10;

    /// <inheritdoc/>
    public void Derive(Derivation derivation)
    {
        ArgumentNullException.ThrowIfNull(derivation);
        (int words, string source) = Rule switch
        {
            ContaminationRule.Datatrove => (12, "datatrove"),
            ContaminationRule.Overlap => (10, "Cosmopedia"),
            _ => (13, "GPT-3"),
        };
        derivation.Value(Words, words, $"as {source} has it");
    }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Tasks.Count > 0, nameof(Tasks), "There is no task.", "Write tasks: [{ path: test.jsonl, query: [question] }].");
        check.Require(Rule != ContaminationRule.Datatrove || Tasks.All(task => task.Answer.Count > 0), nameof(Tasks), "The rule datatrove looks for answers, and a task names none.", "Write answer: [answer], or rule: ngram.");
    }

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        TaskIndex index = TaskIndexBuilder.Build(this);
        return () => new DecontaminateStep(this, index);
    }
}
