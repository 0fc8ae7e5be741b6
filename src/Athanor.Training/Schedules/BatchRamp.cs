using System.ComponentModel.DataAnnotations;

namespace Athanor.Training.Schedules;

/// <summary>
/// A batch that grows: rows rise linearly from <see cref="Start"/> of the full number to all of them over the first <see cref="Over"/> of the steps, since small batches suffice while
/// gradients agree (McCandlish et al. 2018, arXiv 1812.06162; GPT-3 ramped this way).
/// </summary>
public sealed record BatchRamp
{
    /// <summary>The share of the full batch at step 0.</summary>
    [Range(0, 1)]
    public double Start { get; init; } = 0.25;

    /// <summary>The share of all steps that the ramp takes.</summary>
    [Range(0, 1)]
    public double Over { get; init; } = 0.1;

    /// <summary>Rows of the batch of a step, at least one.</summary>
    public int Rows(long step, long steps, int rows)
    {
        double way = Over * steps <= 0 ? 1 : Math.Min(1, step / (Over * steps));
        return Math.Clamp((int)Math.Round(rows * (Start + (1 - Start) * way)), 1, rows);
    }
}
