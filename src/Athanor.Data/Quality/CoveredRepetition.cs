using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>Repetition that counts each word once however many n-grams cover it: the paper's "taking care not to count characters in overlapping n-grams more than once", and what DCLM does.</summary>
internal static class CoveredRepetition
{
    /// <summary>The names from 2 to 10 words.</summary>
    public static IReadOnlyList<string> Names { get; } = ["top_2_gram", "top_3_gram", "top_4_gram", "repeated_5_grams", "repeated_6_grams", "repeated_7_grams", "repeated_8_grams", "repeated_9_grams", "repeated_10_grams"];

    /// <summary>
    /// For 2 to 4 words the most common n-gram, the longest of the equally common: its letters times its count; for 5 to 10 the letters of words that any repeated n-gram covers, the first time included. Shares of
    /// the letters of all words; an n-gram that is there once is no repetition.
    /// </summary>
    public static void Measure(NGramCounter grams, WordTable words, Span<float> values, Span<TextSpan> spans)
    {
        ReadOnlySpan<int> points = words.Points;
        long all = 0;
        foreach (int word in points)
            all += word;
        grams.Start(words.Hashes);
        for (int n = 2; n <= 10; n++)
        {
            grams.Grow();
            (int first, int best) = grams.Tally();
            values[n - 2] = 0;
            if (best < 2)
                continue;
            long covered = n <= 4 ? Longest(grams, points, n, best, ref first) * best : Covered(grams, points, n, ref first);
            values[n - 2] = all > 0 ? (float)((double)covered / all) : 0;
            spans[n - 2] = TextFrame.SpanOf(words, first, n);
        }
    }

    private static long Longest(NGramCounter grams, ReadOnlySpan<int> points, int n, int best, ref int first)
    {
        long longest = -1;
        for (int i = 0; i < grams.Count; i++)
        {
            if (grams.CountAt(i) != best)
                continue;
            long length = 0;
            foreach (int word in points.Slice(i, n))
                length += word;
            if (length > longest)
                (longest, first) = (length, i);
        }
        return longest;
    }

    private static long Covered(NGramCounter grams, ReadOnlySpan<int> points, int n, ref int first)
    {
        long covered = 0;
        int end = 0, found = -1;
        for (int i = 0; i < grams.Count; i++)
        {
            if (grams.CountAt(i) < 2)
                continue;
            found = found < 0 ? i : found;
            for (int j = Math.Max(i, end); j < i + n; j++)
                covered += points[j];
            end = i + n;
        }
        first = found;
        return covered;
    }
}

/// <summary>The repetition rules of the Gopher paper (table A1): words between white space; lines and paragraphs that are not empty, of which a repeat is an occurrence after the first; <see cref="CoveredRepetition"/> for n-grams.</summary>
internal sealed class GopherRepetitionSignals : SignalFamily
{
    private readonly List<(int Start, int Length)> _filled = [];

    public override string Name => "gopher_repetition";

    public override IReadOnlyList<string> Signals { get; } = ["lines", "paragraphs", "line_characters", "paragraph_characters", .. CoveredRepetition.Names];

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        Measure(frame, frame.Lines, 0, values, spans);
        frame.OtherLines.SplitAtRuns(frame.Text, atLeast: 2);
        Measure(frame, frame.OtherLines, 1, values, spans);
        CoveredRepetition.Measure(frame.NGrams, frame.Spaced, values[4..], spans[4..]);
    }

    private void Measure(TextFrame frame, LineTable lines, int at, Span<float> values, Span<TextSpan> spans)
    {
        LineMeasures.Filled(frame.Text, lines.Lines, _filled);
        ReadOnlySpan<(int Start, int Length)> filled = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_filled);
        (int repeated, long points, int first) = frame.Repeats.Lines(frame, filled);
        long all = 0;
        foreach ((int start, int length) in filled)
            all += frame.PointsOf(start, length);
        values[at] = Share(repeated, filled.Length);
        values[at + 2] = Share(points, all);
        if (first >= 0)
            spans[at] = spans[at + 2] = LineMeasures.Span(filled[first]);
    }
}
