using System.ComponentModel.DataAnnotations;

namespace Athanor.Training.Schedules;

/// <summary>
/// Cosine with warm restarts (SGDR, Loshchilov and Hutter 2017, arXiv 1608.03983): n cycles over the steps behind the warm-up, each <see cref="Growth"/> times as long as the
/// one before; each falls from the peak to μ.
/// </summary>
public sealed record CosineRestartsSchedule : LearningRateSchedule
{
    /// <summary>n: the number of cycles.</summary>
    [Range(1, 1000)]
    public int Cycles { get; init; } = 4;

    /// <summary>The length of a cycle over that of the one before.</summary>
    [Range(0.1, 10)]
    public double Growth { get; init; } = 1;

    /// <summary>μ: the share of the peak at the end of a cycle.</summary>
    [Range(0, 1)]
    public double Floor { get; init; } = 0.1;

    /// <inheritdoc/>
    protected override double Shape(long step, long warmup, long steps)
    {
        double way = Way(step, warmup, steps);
        if (way >= 1)
            return Floor;
        double total = 0, length = 1;
        for (int i = 0; i < Cycles; i++, length *= Growth)
            total += length;
        double place = way * total;
        length = 1;
        for (int i = 1; i < Cycles && place >= length; i++)
        {
            place -= length;
            length *= Growth;
        }
        return HalfCosine(Math.Min(1, place / length), Floor);
    }
}
