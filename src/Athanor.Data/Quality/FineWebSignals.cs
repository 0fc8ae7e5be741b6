using System.Text;
using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>FineWeb's own rules as datatrove 0.10 measures them (filters/fineweb_quality_filter.py), over lines that are not blank.</summary>
/// <param name="shortLine">Code points of a line up to which it is short.</param>
internal sealed class FineWebSignals(int shortLine = 30) : SignalFamily
{
    public override string Name => "fineweb";

    public override IReadOnlyList<string> Signals { get; } = ["lines", "terminal_punctuation", "short_lines", "repeated_characters", "line_feeds_per_word"];

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        string text = frame.Text;
        var filled = new FilledLines(frame);
        int ended = 0, shorter = 0, feeds = text.AsSpan().Count('\n');
        foreach ((int Start, int Length) line in filled.Lines)
        {
            Rune last = CharacterClasses.RuneBefore(text.AsSpan(line.Start, line.Length), line.Length);
            if ((CharacterClasses.Of(last) & CharacterClass.Terminal) != 0)
                ended++;
            else if (spans[1].Length == 0)
                spans[1] = LineMeasures.Span(line);
            if (frame.PointsOf(line.Start, line.Length) <= shortLine && shorter++ == 0)
                spans[2] = LineMeasures.Span(line);
        }
        (_, long points, int first) = frame.Repeats.Lines(frame, filled.Lines);
        if (first >= 0)
            spans[3] = LineMeasures.Span(filled.Lines[first]);
        int count = filled.Lines.Length;
        values[0] = count;
        values[1] = count > 0 ? Share(ended, count) : float.NaN;
        values[2] = Share(shorter, count);
        values[3] = Share(points, frame.Points - feeds);
        values[4] = Share(feeds, frame.EnglishCount);
    }

    /// <summary>Lines that are not blank, as they are.</summary>
    private readonly ref struct FilledLines
    {
        public FilledLines(TextFrame frame)
        {
            ReadOnlySpan<(int Start, int Length)> all = frame.Lines.Lines;
            int blank = 0;
            foreach ((int start, int length) in all)
                blank += IsBlank(frame.Text, start, length) ? 1 : 0;
            Lines = all;
            if (blank == 0)
                return;
            var kept = new (int Start, int Length)[all.Length - blank];
            int at = 0;
            foreach ((int Start, int Length) line in all)
            {
                if (!IsBlank(frame.Text, line.Start, line.Length))
                    kept[at++] = line;
            }
            Lines = kept;
        }

        public ReadOnlySpan<(int Start, int Length)> Lines { get; }

        private static bool IsBlank(string text, int start, int length) => LineMeasures.TrimStart(text.AsSpan(start, length)).IsEmpty;
    }
}
