namespace Athanor.Tokenizers.Chat;

/// <summary>A merge sort: stable as Python's is, and what the comparison throws passes through as it is.</summary>
internal static class StableSort
{
    public static List<T> Sort<T>(IReadOnlyList<T> items, Comparison<T> compare)
    {
        T[] from = [.. items];
        T[] to = new T[from.Length];
        for (int width = 1; width < from.Length; width *= 2)
        {
            for (int start = 0; start < from.Length; start += 2 * width)
                Merge(from, to, start, Math.Min(start + width, from.Length), Math.Min(start + 2 * width, from.Length), compare);
            (from, to) = (to, from);
        }
        return [.. from];
    }

    private static void Merge<T>(T[] from, T[] to, int left, int middle, int end, Comparison<T> compare)
    {
        int right = middle;
        for (int i = left, at = left; at < end; at++)
            to[at] = i < middle && (right >= end || compare(from[i], from[right]) <= 0) ? from[i++] : from[right++];
    }
}
