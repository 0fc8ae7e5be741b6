using System.ComponentModel.DataAnnotations;
using Athanor.Data.Documents;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Training;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>extend_tokenizer</c>.</summary>
public sealed record ExtendTokenizerSettings : IValidated
{
    /// <summary>New tokens that are learned from the documents, at most.</summary>
    [Range(0, 1_000_000)]
    public int Tokens { get; init; }

    /// <summary>Rarer pairs are not merged.</summary>
    [Range(1, int.MaxValue)]
    public int MinFrequency { get; init; } = 2;

    /// <summary>Special tokens that are added, those of an objective for example; ones that are there stay. A range such as &lt;extra_id_{0..99}&gt; stands for all its numbers.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>Threads; the result does not depend on it.</summary>
    [Operational, Range(1, 1024)]
    public int? Threads { get; init; }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Tokens > 0 || SpecialTokens.Count > 0, nameof(Tokens), "Nothing is added.", "Write tokens: 1000 to learn from the documents in 'from', or special_tokens.");
        check.Require(SpecialTokens.All(token => token.Length > 0), nameof(SpecialTokens), "A special token is empty.");
    }
}

/// <summary>Gives a tokenizer more tokens for a model that goes on learning; old tokens keep their ids.</summary>
public static class ExtendTokenizerStage
{
    internal static StageKind Kind { get; } = StageKind.Of<ExtendTokenizerSettings>("extend_tokenizer", "1", "Gives a byte-level BPE tokenizer more tokens; old ones keep their ids.", DataStages.Tokenizer, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Tokenizer), new StageInput(DataStages.Documents, 0, 64)],
    };

    private static Task Run(StageContext context, ExtendTokenizerSettings settings, CancellationToken cancellation)
    {
        Tokenizer old = Tokenizer.Load(context.Input(DataStages.Tokenizer).Folder), extended = old;
        Artifact[] documents = [.. context.Inputs.Where(input => input.Produces == DataStages.Documents)];
        if (settings.Tokens > 0)
        {
            if (documents.Length == 0)
                throw new InvalidDataException("New tokens are learned from documents, and there are none. Name a stage that produces documents in 'from', or leave tokens out.");
            int threads = settings.Threads ?? Environment.ProcessorCount;
            DocumentSource source = DocumentSource.Concat([.. documents.Select(input => DocumentSource.JsonLines(input.PathOf(DocumentFile.Name)))]);
            var notes = new TrainTokenizerStage.Notes(context);
            PieceCounts pieces = PieceCounter.Count(source, new PieceCounterOptions(VocabularyExtension.ScannerOf(old)) { Threads = threads }, notes, cancellation);
            VocabularyExtensionResult result = VocabularyExtension.LearnMerges(old, pieces, settings.Tokens, settings.MinFrequency, threads: threads, progress: notes, cancellation: cancellation);
            if (result.StoppedEarly is { } reason)
                context.Progress.Say(reason);
            extended = result.Tokenizer;
        }
        string[] names = [.. SpecialTokenNames.Expand(settings.SpecialTokens).Distinct(StringComparer.Ordinal).Where(name => !extended.TryGetId(name, out _))];
        if (names.Length > 0)
        {
            int first = extended.VocabularySize;
            extended = new Tokenizer(extended.Parts with { AddedTokens = extended.AddedTokens.AddRange(names.Select((name, i) => new AddedToken(first + i, name))) });
        }
        extended.Save(context.Output);
        context.Note("vocabulary", extended.VocabularySize);
        context.Note("new_tokens", extended.VocabularySize - old.VocabularySize);
        return Task.CompletedTask;
    }
}
