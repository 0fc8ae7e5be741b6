namespace Athanor.Data.Segmentation;

/// <summary>Sentences as spaCy's sentencizer counts them: a new one begins at the first word behind a sentence mark that is no punctuation.</summary>
internal static class Sentences
{
    /// <summary>Counts the sentences of words that were split with gaps.</summary>
    public static int Count(ReadOnlySpan<WordTraits> words)
    {
        if (words.IsEmpty)
            return 0;
        int sentences = 1;
        bool ended = false;
        foreach (WordTraits word in words)
        {
            if ((word & WordTraits.SentenceEnd) != 0)
                ended = true;
            else if (ended && (word & WordTraits.Punctuation) == 0)
            {
                sentences++;
                ended = false;
            }
        }
        return sentences;
    }
}
