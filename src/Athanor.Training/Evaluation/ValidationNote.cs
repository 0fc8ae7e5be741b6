using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;

namespace Athanor.Training.Evaluation;

/// <summary>What is noted and said of a score: one set of names for all stages, so that their curves lie over each other.</summary>
internal static class ValidationNote
{
    public static void Write(MetricWriter metrics, StageProgress progress, long step, string set, ValidationScore score)
    {
        metrics.Write(step, new Metric($"val/{set}/loss", score.LossPerToken), new Metric($"val/{set}/bpb", score.BitsPerByte), new Metric($"val/{set}/bpc", score.BitsPerCharacter));
        string at = step > 0 ? FormattableString.Invariant($"step {step}, ") : "";
        progress.Say(FormattableString.Invariant($"{at}{set}: loss {score.LossPerToken:F4}, {score.BitsPerByte:F4} bits per byte, {score.BitsPerCharacter:F4} per character, perplexity {score.Perplexity:F2}"));
    }
}
