namespace Athanor.Data.Segmentation;

/// <summary>Words that spaCy's English rules split, or leave whole, by a list: contractions, abbreviations, emoticons. The list is computed from spaCy 3.8 (lang/en/tokenizer_exceptions.py, MIT licence).</summary>
internal static class EnglishExceptions
{
    /// <summary>Each with the lengths of its words.</summary>
    private static readonly Dictionary<string, byte[]> Words = Load();
    private static readonly Dictionary<string, byte[]>.AlternateLookup<ReadOnlySpan<char>> Lookup = Words.GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly int Longest = Words.Keys.Max(word => word.Length);

    /// <summary>Those made of ASCII letters alone: the only ones that plain words must be held against.</summary>
    public static IReadOnlyList<string> OfLetters { get; } = [.. Words.Keys.Where(word => word.All(char.IsAsciiLetter))];

    /// <summary>Those that the rules alone would split, by the words they would become: they are put together again where these words stand side by side.</summary>
    private static readonly Dictionary<string, int[]> Splittable = Words.Keys.Where(word => EnglishAffixes.Prefix(word) > 0 || EnglishAffixes.Suffix(word) > 0 || EnglishAffixes.Infix(word, 0, out _, out _))
        .ToDictionary(word => word, EnglishSplitter.LengthsByRules, StringComparer.Ordinal);
    private static readonly Dictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> SplittableLookup = Splittable.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>For each first and last character, in seven bits, the lengths that exceptions have: most strings are none, which this says without hashing them.</summary>
    private static readonly uint[] LengthsByEnds = Ends(Words.Keys), SplittableByEnds = Ends(Splittable.Keys);

    /// <summary>The lengths of an exception's words, or null where it is none.</summary>
    public static byte[]? Find(ReadOnlySpan<char> word) => Possible(word, LengthsByEnds) && Lookup.TryGetValue(word, out byte[]? lengths) ? lengths : null;

    private static bool Possible(ReadOnlySpan<char> word, uint[] table) =>
        word.Length < 32 && (table[(word[0] & 127) << 7 | (word[^1] & 127)] >> word.Length & 1) != 0;

    private static uint[] Ends(IEnumerable<string> words)
    {
        var table = new uint[1 << 14];
        foreach (string word in words)
            table[(word[0] & 127) << 7 | (word[^1] & 127)] |= 1u << word.Length;
        return table;
    }

    /// <summary>Puts exceptions that the rules split together again, the longest first, then from the left.</summary>
    /// <param name="text">The text between two gaps.</param>
    /// <param name="ends">Ends of its words; changed in place.</param>
    public static void Rejoin(ReadOnlySpan<char> text, List<int> ends)
    {
        List<(int First, int Count, byte[] Lengths)>? found = null;
        for (int first = 0; first < ends.Count; first++)
        {
            int start = first == 0 ? 0 : ends[first - 1];
            for (int count = 1; first + count <= ends.Count && ends[first + count - 1] - start <= Longest; count++)
            {
                ReadOnlySpan<char> candidate = text[start..ends[first + count - 1]];
                if (Possible(candidate, SplittableByEnds) && SplittableLookup.TryGetValue(candidate, out int[]? lengths) && Agrees(ends, first, count, start, lengths))
                    (found ??= []).Add((first, count, Lookup[candidate]));
            }
        }
        if (found is null)
            return;
        var taken = new HashSet<int>();
        var chosen = new List<(int First, int Count, byte[] Lengths)>();
        foreach ((int First, int Count, byte[] Lengths) hit in found.OrderByDescending(hit => hit.Count).ThenBy(hit => hit.First))
        {
            if (!taken.Contains(hit.First) && !taken.Contains(hit.First + hit.Count - 1))
                chosen.Add(hit);
            for (int i = 0; i < hit.Count; i++)
                taken.Add(hit.First + i);
        }
        foreach ((int first, int count, byte[] lengths) in chosen.OrderByDescending(hit => hit.First))
        {
            int at = first == 0 ? 0 : ends[first - 1];
            ends.RemoveRange(first, count);
            ends.InsertRange(first, lengths.Select(length => at += length));
        }
    }

    private static bool Agrees(List<int> ends, int first, int count, int start, int[] lengths)
    {
        if (lengths.Length != count)
            return false;
        for (int i = 0; i < count; i++)
        {
            start += lengths[i];
            if (ends[first + i] != start)
                return false;
        }
        return true;
    }

    private static Dictionary<string, byte[]> Load()
    {
        var words = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string line in SegmentationResource.Lines("english-exceptions"))
        {
            string[] parts = line.Split(' ');
            words[string.Concat(parts)] = [.. parts.Select(part => (byte)part.Length)];
        }
        return words;
    }
}
