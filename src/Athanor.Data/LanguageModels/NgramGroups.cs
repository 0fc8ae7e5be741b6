namespace Athanor.Data.LanguageModels;

/// <summary>An n-gram met while windows are read in order.</summary>
internal interface INgramVisitor
{
    /// <summary>An n-gram begins; those that it extends to the left are open.</summary>
    void Open(ReadOnlySpan<uint> words, ulong hash);

    /// <summary>All windows that end with the n-gram were read.</summary>
    /// <param name="raw">How often it was seen.</param>
    /// <param name="adjusted">What Kneser and Ney count: different words before it, or how often it was seen where it is of the highest order or begins a sentence.</param>
    void Close(ReadOnlySpan<uint> words, ulong hash, ulong raw, ulong adjusted);
}

/// <summary>Reads windows in order as the tree of n-grams that they are: each n-gram is opened and closed once, around those that it is a suffix of.</summary>
internal static class NgramGroups
{
    public static void Visit(NgramCounts counts, NgramWindow window, INgramVisitor visitor, CancellationToken cancellation)
    {
        int order = window.Order, open = 0;
        Span<uint> words = stackalloc uint[NgramModel.MaxOrder], last = stackalloc uint[NgramModel.MaxOrder];
        Span<ulong> hashes = stackalloc ulong[NgramModel.MaxOrder], raw = stackalloc ulong[NgramModel.MaxOrder], children = stackalloc ulong[NgramModel.MaxOrder];
        long read = 0;
        foreach (NgramCount record in counts.Read())
        {
            if ((++read & 0xFFFF) == 0)
                cancellation.ThrowIfCancellationRequested();
            int length = window.Words(record.Window, words), same = 0;
            while (same < Math.Min(length, open) && words[same] == last[same])
                same++;
            Close(last, same, ref open, order, hashes, raw, children, visitor);
            words.CopyTo(last);
            for (; open < length; open++)
            {
                hashes[open] = open == 0 ? NgramHash.Begin(words[0]) : NgramHash.Extend(hashes[open - 1], words[open]);
                raw[open] = children[open] = 0;
                if (open > 0)
                    children[open - 1]++;
                visitor.Open(words[..(open + 1)], hashes[open]);
            }
            for (int i = 0; i < length; i++)
                raw[i] += record.Count;
        }
        Close(last, 0, ref open, order, hashes, raw, children, visitor);
    }

    private static void Close(ReadOnlySpan<uint> words, int same, ref int open, int order, ReadOnlySpan<ulong> hashes, ReadOnlySpan<ulong> raw, ReadOnlySpan<ulong> children, INgramVisitor visitor)
    {
        for (; open > same; open--)
        {
            int at = open - 1;
            bool counted = open == order || words[at] == NgramVocabulary.Begin;
            visitor.Close(words[..open], hashes[at], raw[at], counted ? raw[at] : children[at]);
        }
    }
}
