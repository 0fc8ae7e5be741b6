using System.Globalization;
using Athanor.Data.Steps;

namespace Athanor.Data.Deduplication.Exact;

/// <summary>
/// Sentences by punctuation: a run of terminal marks with closing quotes and brackets ends one, before white space in scripts that write spaces and anywhere in those that
/// do not; a line end always does. A full stop behind a single capital letter (an initial) and between digits does not. Each sentence reaches to the beginning of the next.
/// </summary>
internal static class SentenceSpans
{
    private const string Spaced = ".!?\u2026\u203C\u203D\u2047\u2048\u2049\u037E\u0589\u061F\u06D4\u0964\u0965\u1362\u1367\u1368\u104A\u104B", Unspaced = "\u3002\uFF01\uFF0E\uFF1F\uFF61\uFE52\uFE56\uFE57";

    public static List<TextSpan> Of(string text)
    {
        var spans = new List<TextSpan>();
        int start = 0;
        for (int i = 0; i < text.Length;)
        {
            int end = EndAt(text, i);
            if (end < 0)
            {
                i++;
                continue;
            }
            while (end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
            Add(spans, text, start, end);
            (start, i) = (end, end);
        }
        Add(spans, text, start, text.Length);
        return spans;
    }

    private static void Add(List<TextSpan> spans, string text, int start, int end)
    {
        if (!text.AsSpan(start..end).IsWhiteSpace())
            spans.Add(new TextSpan(start, end - start));
    }

    /// <summary>Where the sentence ends whose end begins at a place, or -1.</summary>
    private static int EndAt(string text, int at)
    {
        char c = text[at];
        if (c == '\n')
            return at + 1;
        bool unspaced = Unspaced.Contains(c, StringComparison.Ordinal);
        if (!unspaced && !Spaced.Contains(c, StringComparison.Ordinal))
            return -1;
        int end = at + 1;
        while (end < text.Length && (Spaced.Contains(text[end], StringComparison.Ordinal) || Unspaced.Contains(text[end], StringComparison.Ordinal)))
            end++;
        bool initial = c == '.' && end == at + 1 && at > 0 && char.IsUpper(text[at - 1]) && (at == 1 || !char.IsLetterOrDigit(text[at - 2]));
        while (end < text.Length && char.GetUnicodeCategory(text[end]) is (UnicodeCategory.ClosePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.InitialQuotePunctuation))
            end++;
        while (end < text.Length && text[end] is ('"' or '\''))
            end++;
        return unspaced || end == text.Length || (char.IsWhiteSpace(text[end]) && !initial) ? end : -1;
    }
}
