namespace Athanor.Tokenizers;

/// <summary>Finds what was probably meant, for error messages.</summary>
internal static class NearestName
{
    public static string Find(string name, IEnumerable<string> known)
    {
        // A long name is no misspelling of a short one; the table of distances stays small.
        string shortened = name.Length > 64 ? name[..64] : name;
        return known.MinBy(candidate => Distance(shortened, candidate)) ?? "";
    }

    /// <summary>How many letters must be put in, taken out or changed (Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }
}
