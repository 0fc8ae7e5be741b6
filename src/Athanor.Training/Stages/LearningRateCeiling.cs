using System.Globalization;
using Athanor.Runs.Progress;

namespace Athanor.Training.Stages;

/// <summary>The learning rate above which going on with a trained model forgets more than it learns: 3e-4·√(trained tokens of an optimizer step / 4M).</summary>
internal static class LearningRateCeiling
{
    public static double Of(long batchTokens) => 3e-4 * Math.Sqrt(batchTokens / 4e6);

    /// <summary>Warns, as some are right to go above.</summary>
    public static void Check(double rate, long batchTokens, StageProgress progress)
    {
        // A derived rate is the ceiling, rounded to three digits.
        if (rate > 1.005 * Of(batchTokens))
            progress.Say(string.Create(CultureInfo.InvariantCulture, $"The learning rate {rate:G3} is above {Of(batchTokens):G3} = 3e-4 x sqrt(batch_tokens / 4M), the ceiling for going on with a trained model. Lower learning_rate, or raise batch_tokens."));
    }
}
