using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>
/// Gopher quality as datatrove 0.10 measures it (filters/gopher_quality_filter.py): words of spaCy's blank English pipeline; count and length over those that are not wholly punctuation, ratios over all;
/// distinct stop words, case-sensitive.
/// </summary>
internal sealed class DatatroveSignals : SignalFamily
{
    public override string Name => "datatrove";

    public override IReadOnlyList<string> Signals { get; } = ["words", "mean_word_length", "hash_ratio", "ellipsis_ratio", "bullet_lines", "ellipsis_lines", "alphabetic_words", "stop_words"];

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        EnglishTotals words = frame.EnglishTotals;
        ReadOnlySpan<char> text = frame.Text;
        values[0] = words.Solid;
        values[1] = words.Solid > 0 ? (float)((double)words.SolidPoints / words.Solid) : float.NaN;
        int hashes = text.Count('#'), dots = text.Count("..."), ellipses = text.Count('…');
        values[2] = Share(hashes, words.Words);
        values[3] = Share(dots + ellipses, words.Words);
        spans[2] = hashes > 0 ? new TextSpan(text.IndexOf('#'), 1) : default;
        spans[3] = dots > 0 ? new TextSpan(text.IndexOf("..."), 3) : ellipses > 0 ? new TextSpan(text.IndexOf('…'), 1) : default;
        Lines(frame, values, spans, dots > 0, ellipses > 0);
        values[6] = words.Words > 0 ? (float)((double)words.Alphabetic / words.Words) : float.NaN;
        values[7] = words.DistinctStopWords;
    }

    private static void Lines(TextFrame frame, Span<float> values, Span<TextSpan> spans, bool anyDots, bool anyEllipsis)
    {
        ReadOnlySpan<(int Start, int Length)> lines = frame.SplitLines.Lines;
        int bullets = 0, ends = 0;
        foreach ((int Start, int Length) line in lines)
        {
            ReadOnlySpan<char> text = frame.Text.AsSpan(line.Start, line.Length);
            if (LineMeasures.TrimStart(text) is ['•' or '-', ..] && bullets++ == 0)
                spans[4] = LineMeasures.Span(line);
            if ((anyDots || anyEllipsis) && LineMeasures.TrimEnd(text) is [.., '…'] or [.., '.', '.', '.'] && ends++ == 0)
                spans[5] = LineMeasures.Span(line);
        }
        values[4] = Share(bullets, lines.Length);
        values[5] = Share(ends, lines.Length);
    }
}
