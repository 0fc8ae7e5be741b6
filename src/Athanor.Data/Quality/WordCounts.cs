using Athanor.Data.Segmentation;

namespace Athanor.Data.Quality;

/// <summary>Sums over the words of a text.</summary>
/// <param name="Solid">Words that are not wholly punctuation.</param>
/// <param name="SolidPoints">Their code points.</param>
/// <param name="Points">Code points of all words.</param>
/// <param name="Alphabetic">Words with a letter.</param>
/// <param name="StopWords">Stop words in small letters, each time.</param>
/// <param name="StopWordsAnyCase">Stop words in any letters, each time.</param>
internal readonly record struct WordCounts(int Solid, long SolidPoints, long Points, int Alphabetic, int StopWords, int StopWordsAnyCase)
{
    public static WordCounts Of(WordTable words)
    {
        ReadOnlySpan<WordTraits> traits = words.Traits;
        ReadOnlySpan<int> points = words.Points;
        int solid = 0, alphabetic = 0, stop = 0, stopAny = 0;
        long solidPoints = 0, all = 0;
        for (int i = 0; i < traits.Length && i < points.Length; i++)
        {
            int trait = (int)traits[i], isSolid = trait >> 1 & 1;
            alphabetic += trait & 1;
            solid += isSolid;
            solidPoints += points[i] & -isSolid;
            all += points[i];
            stop += trait >> 6 & 1;
            stopAny += trait >> 7 & 1;
        }
        return new WordCounts(solid, solidPoints, all, alphabetic, stop, stopAny);
    }

    /// <summary>How many of the eight stop words are there at all.</summary>
    public int DistinctStopWords(WordTable words)
    {
        if (StopWords < 2)
            return StopWords;
        Span<ulong> found = stackalloc ulong[8];
        int count = 0;
        ReadOnlySpan<WordTraits> traits = words.Traits;
        for (int i = 0; i < traits.Length && count < found.Length; i++)
        {
            if ((traits[i] & WordTraits.StopWord) != 0 && !found[..count].Contains(words.Hashes[i]))
                found[count++] = words.Hashes[i];
        }
        return count;
    }
}
