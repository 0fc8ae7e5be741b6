namespace Athanor.Training.Objectives;

/// <summary>
/// T5's span corruption (Raffel et al. 2020, arXiv 1910.10683): the text begins with kept tokens, then hidden and kept spans take turns, and it ends with a hidden one. Lengths of both are
/// random partitions into parts of at least one token, all partitions equally likely.
/// </summary>
internal static class SpanCorruption
{
    /// <summary>Kept and hidden lengths in turn: 2 · spans numbers whose sum is <paramref name="tokens"/>.</summary>
    public static int[] Lengths(int tokens, int noise, int spans, ref ExampleRandom random)
    {
        int[] kept = Partition(tokens - noise, spans, ref random), hidden = Partition(noise, spans, ref random), lengths = new int[2 * spans];
        for (int i = 0; i < spans; i++)
            (lengths[2 * i], lengths[2 * i + 1]) = (kept[i], hidden[i]);
        return lengths;
    }

    private static int[] Partition(int total, int parts, ref ExampleRandom random)
    {
        var lengths = new int[parts];
        // Of the total − 1 places between items, parts − 1 are cuts: drawn one after another with the share that is still needed.
        for (int item = 0, part = 0; item < total; item++)
        {
            lengths[part]++;
            int left = total - 1 - item, needed = parts - 1 - part;
            if (needed > 0 && random.Next(left) < needed)
                part++;
        }
        return lengths;
    }
}
