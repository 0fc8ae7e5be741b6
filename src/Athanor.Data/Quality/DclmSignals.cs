using System.Runtime.InteropServices;
using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>
/// Gopher quality as DCLM measures it (baselines/mappers/filters/content_filters.py): words of UAX 29 that begin with a letter or digit are counted, all else is of words between white space; one ratio for all
/// symbols; lines trimmed and not empty; stop words in any letters, each time.
/// </summary>
internal sealed class DclmSignals : SignalFamily
{
    public override string Name => "dclm";

    public override IReadOnlyList<string> Signals { get; } = ["words", "mean_word_length", "symbol_ratio", "bullet_lines", "ellipsis_lines", "words_without_letter", "stop_words"];

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        ReadOnlySpan<char> text = frame.Text;
        WordTable words = frame.Spaced;
        WordCounts counts = WordCounts.Of(words);
        values[0] = frame.Unicode.Count;
        values[1] = words.Count > 0 ? (float)((double)counts.Points / words.Count) : float.NaN;
        int symbols = text.Count('#') + text.Count("...") + text.Count(". . .") + text.Count('…');
        values[2] = Share(symbols, words.Count);
        if (symbols > 0)
        {
            int at = text.IndexOfAny('#', '…'), dots = text.IndexOf("..."), spaced = text.IndexOf(". . .");
            at = at >= 0 ? at : dots >= 0 ? dots : spaced;
            spans[2] = new TextSpan(at, text[at] != '.' ? 1 : dots >= 0 ? 3 : 5);
        }
        int lines = 0, bullets = 0, ends = 0;
        foreach ((int Start, int Length) line in frame.Lines.Lines)
        {
            ReadOnlySpan<char> trimmed = LineMeasures.Trim(text.Slice(line.Start, line.Length));
            if (trimmed.IsEmpty)
                continue;
            lines++;
            if (trimmed[0] is '●' or '•' or '*' or '-' && bullets++ == 0)
                spans[3] = LineMeasures.Span(line);
            if ((trimmed is [.., '…'] or [.., '.', '.', '.'] || trimmed.EndsWith(". . .")) && ends++ == 0)
                spans[4] = LineMeasures.Span(line);
        }
        values[3] = Share(bullets, lines);
        values[4] = Share(ends, lines);
        values[5] = words.Count > 0 ? (float)((double)(words.Count - counts.Alphabetic) / words.Count) : float.NaN;
        values[6] = counts.StopWordsAnyCase;
    }
}

/// <summary>Gopher repetition as DCLM measures it: all occurrences of repeated lines and paragraphs that are not empty, of which a single one is never a repeat; <see cref="CoveredRepetition"/> over words of UAX 29.</summary>
internal sealed class DclmRepetitionSignals : SignalFamily
{
    private readonly LineCounter _counter = new();
    private readonly List<(int Start, int Length)> _filled = [];

    public override string Name => "dclm_repetition";

    public override IReadOnlyList<string> Signals { get; } = ["lines", "paragraphs", "line_characters", "paragraph_characters", .. CoveredRepetition.Names];

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        Measure(frame, frame.Lines, 0, values, spans);
        frame.OtherLines.SplitAtPairs(frame.Text);
        Measure(frame, frame.OtherLines, 1, values, spans);
        CoveredRepetition.Measure(frame.NGrams, frame.Unicode, values[4..], spans[4..]);
    }

    private void Measure(TextFrame frame, LineTable lines, int at, Span<float> values, Span<TextSpan> spans)
    {
        LineMeasures.Filled(frame.Text, lines.Lines, _filled);
        (double repeated, double points, TextSpan first) = _counter.Measure(frame, CollectionsMarshal.AsSpan(_filled));
        (values[at], values[at + 2]) = ((float)repeated, (float)points);
        spans[at] = spans[at + 2] = first;
    }
}
