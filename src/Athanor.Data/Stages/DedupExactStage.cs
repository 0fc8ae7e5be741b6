using System.ComponentModel.DataAnnotations;
using Athanor.Data.Deduplication;
using Athanor.Data.Deduplication.Exact;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>What two documents must share.</summary>
public enum ExactKey
{
    /// <summary>The text.</summary>
    Text,

    /// <summary>The address in a metadata field.</summary>
    Url,
}

/// <summary>Settings of <c>dedup_exact</c>.</summary>
public sealed record DedupExactSettings : IValidated
{
    /// <summary>What two documents must share: text, or url (documents without one stay).</summary>
    public ExactKey By { get; init; }

    /// <summary>For by: url, the metadata field that holds it.</summary>
    public string UrlField { get; init; } = "url";

    /// <summary>Which document stays: first, longest, or score (the highest number in the metadata field score_field).</summary>
    public KeepPolicy Keep { get; init; }

    /// <summary>For keep: score.</summary>
    public string? ScoreField { get; init; }

    /// <summary>Bytes for sorting; files lie on disk beyond that.</summary>
    [Operational, Range(4L << 20, long.MaxValue)]
    public long Memory { get; init; } = 256L << 20;

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require((Keep == KeepPolicy.Score) == (ScoreField is not null), nameof(ScoreField), "keep: score and score_field belong together.", "Write keep: score and score_field: NAME, or neither.");
    }
}

/// <summary>Drops documents whose text or address was there before.</summary>
public static class DedupExactStage
{
    internal const string Name = "dedup_exact";

    internal static StageKind Kind { get; } = StageKind.Of<DedupExactSettings>(Name, "2", "Drops documents whose text or address was there before; removed.jsonl names each with the one that was kept.", DataStages.Documents, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64)],
        Sections = [typeof(DataSettings)],
    };

    private static Task Run(StageContext context, DedupExactSettings settings, CancellationToken cancellation)
    {
        bool text = settings.By == ExactKey.Text;
        UnitDeduplication.Run(context, new UnitPlan(Name, text ? "exact_duplicate" : "same_url", text ? static () => new WholeUnits() : () => new UrlUnits(settings.UrlField), settings.Memory)
        {
            Whole = true,
            Keep = settings.Keep,
            ScoreField = settings.ScoreField,
        }, cancellation);
        return Task.CompletedTask;
    }
}
