namespace Athanor.Runs.Recipes;

/// <summary>Finds the valid name that someone probably meant.</summary>
public static class NearestName
{
    private const int LongestCompared = 64;

    /// <summary>The nearest candidate by edits with transpositions, or null where none is near.</summary>
    public static string? Of(string written, IEnumerable<string> candidates)
    {
        string plain = Plain(written);
        if (plain.Length is 0 or > LongestCompared)
            return null;
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string candidate in candidates)
        {
            string other = Plain(candidate);
            if (other.Length > LongestCompared)
                continue;
            // Short names lie near everything: allow one edit in three characters.
            int allowed = Math.Max(1, Math.Min(3, Math.Max(plain.Length, other.Length) / 3));
            int distance = Distance(plain, other);
            // "lr" and "learning_rate" share no edits; a whole word of the other counts as near.
            if (distance > allowed && !(plain.Length >= 4 && other.Length >= 4 && (other.Contains(plain, StringComparison.Ordinal) || plain.Contains(other, StringComparison.Ordinal))))
                continue;
            if (distance < bestDistance)
                (best, bestDistance) = (candidate, distance);
        }
        return best;
    }

    private static string Plain(string name) =>
        string.Concat(name.Where(c => c is not ('_' or '-' or ' ' or '.')).Select(char.ToLowerInvariant));

    /// <summary>Optimal string alignment: insertions, deletions, replacements, swaps of neighbours.</summary>
    internal static int Distance(string a, string b)
    {
        int[] beforeLast = new int[b.Length + 1], last = new int[b.Length + 1], current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            last[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(replace, Math.Min(last[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
            }
            (beforeLast, last, current) = (last, current, beforeLast);
        }
        return last[b.Length];
    }
}
