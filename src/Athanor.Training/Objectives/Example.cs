using Athanor.Training.Batches;

namespace Athanor.Training.Objectives;

/// <summary>What a model reads and what it is trained to say next, made from a part of a document.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Targets">The token behind each, −100 where it is not trained.</param>
/// <param name="Prefix">So many first tokens see one another in both directions.</param>
public sealed record Example(int[] Ids, int[] Targets, int Prefix)
{
    /// <summary>Positions.</summary>
    public int Length => Ids.Length;

    /// <summary>A sequence of which the first <paramref name="given"/> tokens (at least one) are read and the others are read and predicted.</summary>
    /// <param name="prefix">So many first tokens see one another in both directions; at most <paramref name="given"/>.</param>
    public static Example Of(ReadOnlySpan<int> sequence, int given = 1, int prefix = 0)
    {
        int[] targets = sequence[1..].ToArray();
        targets.AsSpan(0, Math.Clamp(given - 1, 0, targets.Length)).Fill(Batch.Ignored);
        return new Example(sequence[..^1].ToArray(), targets, Math.Min(prefix, targets.Length));
    }
}
