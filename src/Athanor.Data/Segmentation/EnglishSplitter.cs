namespace Athanor.Data.Segmentation;

/// <summary>Splits what lies between two gaps as spaCy's blank English pipeline does: prefixes and suffixes from outside inwards, exceptions, addresses, then infixes.</summary>
internal static class EnglishSplitter
{
    /// <summary>Finds the ends of the words of a piece of text without white space.</summary>
    public static void Split(ReadOnlySpan<char> text, List<int> ends)
    {
        ends.Clear();
        Cut(text, ends, exceptions: true);
        EnglishExceptions.Rejoin(text, ends);
    }

    /// <summary>The lengths of the words that the rules make without exceptions.</summary>
    public static int[] LengthsByRules(string text)
    {
        var ends = new List<int>();
        Cut(text, ends, exceptions: false);
        return [.. ends.Select((end, i) => end - (i == 0 ? 0 : ends[i - 1]))];
    }

    private static void Cut(ReadOnlySpan<char> text, List<int> ends, bool exceptions)
    {
        int from = 0, to = text.Length;
        List<int>? suffixes = null;
        while (from < to)
        {
            ReadOnlySpan<char> rest = text[from..to];
            if (exceptions && EnglishExceptions.Find(rest) is not null)
                break;
            int prefix = EnglishAffixes.Prefix(rest);
            if (prefix > 0 && prefix < rest.Length && exceptions && EnglishExceptions.Find(rest[prefix..]) is not null)
            {
                ends.Add(from += prefix);
                break;
            }
            int suffix = EnglishAffixes.Suffix(rest[prefix..]);
            if (suffix > 0 && suffix < rest.Length && exceptions && EnglishExceptions.Find(rest[..^suffix]) is not null)
            {
                (suffixes ??= []).Add(to);
                to -= suffix;
                break;
            }
            if (prefix == 0 && suffix == 0)
                break;
            if (prefix > 0)
                ends.Add(from += prefix);
            if (suffix > 0)
            {
                (suffixes ??= []).Add(to);
                to -= suffix;
            }
        }
        if (from < to)
            Middle(text, from, to, ends, exceptions);
        for (int i = (suffixes?.Count ?? 0) - 1; i >= 0; i--)
            ends.Add(suffixes![i]);
    }

    private static void Middle(ReadOnlySpan<char> text, int from, int to, List<int> ends, bool exceptions)
    {
        ReadOnlySpan<char> middle = text[from..to];
        if (exceptions && EnglishExceptions.Find(middle) is { } lengths)
        {
            foreach (byte length in lengths)
                ends.Add(from += length);
            return;
        }
        int start = 0;
        if (!EnglishUrls.Matches(middle))
        {
            for (int search = 0; EnglishAffixes.Infix(middle, search, out int first, out int end); search = end)
            {
                // One at the very beginning stays with what follows.
                if (first == 0)
                    continue;
                if (first > start)
                    ends.Add(from + first);
                ends.Add(from + end);
                start = end;
            }
        }
        if (start < middle.Length)
            ends.Add(to);
    }
}
