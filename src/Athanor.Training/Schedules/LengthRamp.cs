using System.ComponentModel.DataAnnotations;

namespace Athanor.Training.Schedules;

/// <summary>
/// A curriculum from short to long rows (Li et al. 2022, arXiv 2108.06084): the row length rises linearly from <see cref="Start"/> to the full one over the first <see cref="Over"/> of
/// the steps, in multiples of <see cref="Multiple"/>; the tokens of a batch stay the same, so there are more rows while they are short.
/// </summary>
public sealed record LengthRamp
{
    /// <summary>Row length at step 0, in tokens.</summary>
    [Range(1, 1 << 20)]
    public int Start { get; init; } = 64;

    /// <summary>The share of all steps that the ramp takes.</summary>
    [Range(0, 1)]
    public double Over { get; init; } = 0.3;

    /// <summary>Lengths are multiples of this, but for the full one.</summary>
    [Range(1, 1 << 20)]
    public int Multiple { get; init; } = 32;

    /// <summary>The row length of a step.</summary>
    public int Length(long step, long steps, int length)
    {
        if (Over * steps <= 0 || step >= Over * steps || Start >= length)
            return length;
        int wanted = (int)(Start + (length - Start) * (step / (Over * steps)));
        return Math.Clamp(wanted / Multiple * Multiple, Math.Min(Start, length), length);
    }
}
