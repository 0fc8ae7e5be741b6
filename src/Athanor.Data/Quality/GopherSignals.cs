using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>
/// The quality rules of the Gopher paper (arXiv 2112.11446, appendix A1) in their plainest reading: words between white space, mean length, hashes and ellipses held against words apart, lines that begin with a
/// bullet or end with an ellipsis, words with a letter, distinct stop words.
/// </summary>
internal sealed class GopherSignals : SignalFamily
{
    public override string Name => "gopher";

    public override IReadOnlyList<string> Signals { get; } = ["words", "mean_word_length", "hash_ratio", "ellipsis_ratio", "bullet_lines", "ellipsis_lines", "alphabetic_words", "stop_words"];

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        WordTable words = frame.Spaced;
        WordCounts counts = WordCounts.Of(words);
        ReadOnlySpan<char> text = frame.Text;
        values[0] = words.Count;
        values[1] = words.Count > 0 ? (float)((double)counts.Points / words.Count) : float.NaN;
        int hashes = text.Count('#'), dots = text.Count("..."), ellipses = text.Count('…');
        values[2] = Share(hashes, words.Count);
        values[3] = Share(dots + ellipses, words.Count);
        spans[2] = hashes > 0 ? new TextSpan(text.IndexOf('#'), 1) : default;
        spans[3] = dots > 0 ? new TextSpan(text.IndexOf("..."), 3) : ellipses > 0 ? new TextSpan(text.IndexOf('…'), 1) : default;
        int lines = 0, bullets = 0, ends = 0;
        foreach ((int Start, int Length) line in frame.Lines.Lines)
        {
            ReadOnlySpan<char> trimmed = LineMeasures.Trim(text.Slice(line.Start, line.Length));
            if (trimmed.IsEmpty)
                continue;
            lines++;
            if (trimmed[0] is '•' or '●' or '*' or '-' && bullets++ == 0)
                spans[4] = LineMeasures.Span(line);
            if (trimmed is [.., '…'] or [.., '.', '.', '.'] && ends++ == 0)
                spans[5] = LineMeasures.Span(line);
        }
        values[4] = Share(bullets, lines);
        values[5] = Share(ends, lines);
        values[6] = words.Count > 0 ? (float)((double)counts.Alphabetic / words.Count) : float.NaN;
        values[7] = counts.DistinctStopWords(words);
    }
}
