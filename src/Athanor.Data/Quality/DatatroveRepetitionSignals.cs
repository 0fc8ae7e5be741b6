using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>
/// Gopher repetition as datatrove 0.10 measures it (filters/gopher_repetition_filter.py): a repeat is an occurrence after the first; the denominator is always the whole text; the most common n-gram counts even
/// when it is there once, with a blank between its words; for 5 to 10 words the text is scanned and a repeat is jumped over.
/// </summary>
internal sealed class DatatroveRepetitionSignals : SignalFamily
{
    public override string Name => "datatrove_repetition";

    public override IReadOnlyList<string> Signals { get; } =
    [
        "paragraphs", "paragraph_characters", "lines", "line_characters", "top_2_gram", "top_3_gram", "top_4_gram",
        "repeated_5_grams", "repeated_6_grams", "repeated_7_grams", "repeated_8_grams", "repeated_9_grams", "repeated_10_grams",
    ];

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        int length = frame.Points;
        ReadOnlySpan<char> text = frame.Text, front = LineMeasures.TrimStart(text);
        LineTable table = frame.OtherLines;
        table.SplitAtRuns(LineMeasures.TrimEnd(front), atLeast: 2);
        Repeated(frame, table.Lines, text.Length - front.Length, 0, length, values, spans);
        table.SplitAtRuns(text);
        Repeated(frame, table.Lines, 0, 2, length, values, spans);

        WordTable words = frame.English;
        NGramCounter grams = frame.NGrams;
        grams.Start(words.Hashes);
        for (int n = 2; n <= 4; n++)
        {
            grams.Grow();
            (int first, int count) = grams.Tally();
            values[2 + n] = 0;
            if (count == 0)
                continue;
            int points = n - 1;
            foreach (int word in words.Points.Slice(first, n))
                points += word;
            values[2 + n] = Share((double)count * points, length);
            spans[2 + n] = TextFrame.SpanOf(words, first, n);
        }
        frame.Repeats.StartJoined(words);
        for (int n = 5; n <= 10; n++)
        {
            (long points, int first) = frame.Repeats.Joined(words, n);
            values[2 + n] = Share(points, length);
            spans[2 + n] = TextFrame.SpanOf(words, first, n);
        }
    }

    private static void Repeated(TextFrame frame, ReadOnlySpan<(int Start, int Length)> lines, int offset, int at, int length, Span<float> values, Span<TextSpan> spans)
    {
        if (offset > 0)
        {
            // White space in front of the text was trimmed, so places move by it.
            (int Start, int Length)[] moved = lines.ToArray();
            for (int i = 0; i < moved.Length; i++)
                moved[i].Start += offset;
            lines = moved;
        }
        (int repeated, long points, int first) = frame.Repeats.Lines(frame, lines);
        values[at] = Share(repeated, lines.Length);
        values[at + 1] = Share(points, length);
        if (first >= 0)
            spans[at] = spans[at + 1] = LineMeasures.Span(lines[first]);
    }
}
