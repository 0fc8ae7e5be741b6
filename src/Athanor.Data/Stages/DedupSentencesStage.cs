using System.ComponentModel.DataAnnotations;
using Athanor.Data.Deduplication.Exact;
using Athanor.Data.Deduplication.MinHash;
using Athanor.Data.Steps;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>dedup_sentences</c>; the defaults are datatrove's.</summary>
public sealed record DedupSentencesSettings
{
    /// <summary>Sentences of a span. C4 took three.</summary>
    [Range(1, 100)]
    public int Sentences { get; init; } = 3;

    /// <summary>Whether lines are compared instead of sentences.</summary>
    public bool Lines { get; init; }

    /// <summary>Documents that lost something and have fewer words left go.</summary>
    [Range(0, int.MaxValue)]
    public int MinWords { get; init; } = 50;

    /// <summary>Documents that lost something and have fewer sentences left go.</summary>
    [Range(0, int.MaxValue)]
    public int MinSentences { get; init; } = 3;

    /// <summary>Bytes for sorting; files lie on disk beyond that.</summary>
    [Operational, Range(4L << 20, long.MaxValue)]
    public long Memory { get; init; } = 512L << 20;
}

/// <summary>Drops all but the first of any span of three sentences that stands more than once.</summary>
public static class DedupSentencesStage
{
    internal const string Name = "dedup_sentences";

    internal static StageKind Kind { get; } = StageKind.Of<DedupSentencesSettings>(Name, "1", "Drops all but the first of any span of three sentences that stands more than once, as for C4.", DataStages.Documents, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64)],
        Sections = [typeof(DataSettings)],
    };

    private static Task Run(StageContext context, DedupSentencesSettings settings, CancellationToken cancellation)
    {
        var words = new WordScanner(CharacterFolds.Datatrove);
        UnitDeduplication.Run(context, new UnitPlan(Name, "duplicate_sentences", () => new SentenceUnits(settings.Sentences, settings.Lines), settings.Memory)
        {
            UnitsPerKilobyte = 12,
            Left = Left,
        }, cancellation);
        return Task.CompletedTask;

        Removal? Left(string left)
        {
            words.Scan(left);
            if (words.Count < settings.MinWords)
                return new Removal("too_few_words_left", words.Count, settings.MinWords);
            int sentences = SentenceUnits.Count(left, lines: false);
            return sentences < settings.MinSentences ? new Removal("too_few_sentences_left", sentences, settings.MinSentences) : null;
        }
    }
}
