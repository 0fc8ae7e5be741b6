using System.ComponentModel.DataAnnotations;
using Athanor.Data.Deduplication.Exact;
using Athanor.Data.Steps;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>dedup_lines</c>.</summary>
public sealed record DedupLinesSettings
{
    /// <summary>What is compared: line (C4, CCNet and Dolma call it a paragraph), or paragraph (between blank lines).</summary>
    public LineUnit Unit { get; init; }

    /// <summary>Whether case, accents, punctuation and the digits of numbers are left aside, as CCNet does.</summary>
    public bool Fold { get; init; } = true;

    /// <summary>Shorter lines stay, in UTF-16 characters without white space around them.</summary>
    [Range(1, int.MaxValue)]
    public int MinLength { get; init; } = 1;

    /// <summary>Documents that lost something and have fewer characters left go. CCNet asks for 300.</summary>
    [Range(0, int.MaxValue)]
    public int MinLeft { get; init; }

    /// <summary>Bytes for sorting; files lie on disk beyond that.</summary>
    [Operational, Range(4L << 20, long.MaxValue)]
    public long Memory { get; init; } = 512L << 20;
}

/// <summary>Drops lines or paragraphs that stood before, in any document.</summary>
public static class DedupLinesStage
{
    internal const string Name = "dedup_lines";

    internal static StageKind Kind { get; } = StageKind.Of<DedupLinesSettings>(Name, "1", "Drops lines or paragraphs that stood before, in any document.", DataStages.Documents, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64)],
        Sections = [typeof(DataSettings)],
    };

    private static Task Run(StageContext context, DedupLinesSettings settings, CancellationToken cancellation)
    {
        UnitDeduplication.Run(context, new UnitPlan(Name, settings.Unit == LineUnit.Line ? "duplicate_lines" : "duplicate_paragraphs", () => new LineUnits(settings.Unit, settings.Fold, settings.MinLength), settings.Memory)
        {
            UnitsPerKilobyte = settings.Unit == LineUnit.Line ? 12 : 4,
            Left = left => left.Length < settings.MinLeft ? new Removal("too_little_left", left.Length, settings.MinLeft) : null,
        }, cancellation);
        return Task.CompletedTask;
    }
}
