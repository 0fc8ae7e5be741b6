namespace Athanor.Data.Extraction;

/// <summary>How long text is to a reader.</summary>
internal static class TextMeasure
{
    /// <summary>Characters, each run of white space counted as one and none at the ends.</summary>
    public static int Folded(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        int count = text.Length;
        for (int at = 0; at < text.Length;)
        {
            int space = text[at..].IndexOfAny(" \n\t\r");
            if (space < 0)
                break;
            at += space + 1;
            int run = at;
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            count -= at - run;
        }
        return count;
    }
}
