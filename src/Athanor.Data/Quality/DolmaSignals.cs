using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>
/// Dolma's tagger gopher_v1 (taggers/gopher.py): words between white space, median length, words with # or … against words, lines with * or - right at their beginning, every occurrence of a stop word; all
/// occurrences of repeated lines, empty ones too; n-grams by the letters of their words.
/// </summary>
internal sealed class DolmaSignals : SignalFamily
{
    private readonly LineCounter _counter = new();
    private readonly int[] _lengths = new int[256];

    public override string Name => "dolma";

    public override IReadOnlyList<string> Signals { get; } =
    [
        "words", "median_word_length", "symbol_words", "alphabetic_words", "stop_words", "bullet_lines", "ellipsis_lines", "lines", "line_characters", .. CoveredRepetition.Names,
    ];

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        ReadOnlySpan<char> text = frame.Text;
        WordTable words = frame.Spaced;
        WordCounts counts = WordCounts.Of(words);
        values[0] = words.Count;
        values[1] = Median(words.Points);
        values[2] = Share(SymbolWords(text, words, ref spans[2]), words.Count);
        values[3] = Share(counts.Alphabetic, words.Count);
        values[4] = counts.StopWords;
        ReadOnlySpan<(int Start, int Length)> lines = frame.Lines.Lines;
        int bullets = 0, ends = 0;
        foreach ((int Start, int Length) line in lines)
        {
            ReadOnlySpan<char> content = text.Slice(line.Start, line.Length);
            if (content is ['*' or '-', ..] && bullets++ == 0)
                spans[5] = LineMeasures.Span(line);
            if (content is [.., '…'] && ends++ == 0)
                spans[6] = LineMeasures.Span(line);
        }
        values[5] = Share(bullets, lines.Length);
        values[6] = Share(ends, lines.Length);
        // Held against the letters of words, as Dolma does: with much white space the share can pass 1.
        (double repeated, double points, TextSpan first) = _counter.Measure(frame, lines, Math.Max(1, counts.Points));
        (values[7], values[8]) = ((float)repeated, (float)points);
        spans[7] = spans[8] = first;
        NGrams(frame.NGrams, words, counts.Points, values[9..], spans[9..]);
    }

    private static void NGrams(NGramCounter grams, WordTable words, long letters, Span<float> values, Span<TextSpan> spans)
    {
        ReadOnlySpan<int> points = words.Points;
        grams.Start(words.Hashes);
        for (int n = 2; n <= 10; n++)
        {
            grams.Grow();
            (int first, int best) = grams.Tally();
            values[n - 2] = 0;
            if (best == 0)
                continue;
            long part = 0, whole = 0;
            if (n <= 4)
            {
                foreach (int word in points.Slice(first, n))
                    part += (long)best * word;
                whole = letters;
            }
            else
            {
                long gram = 0;
                int found = -1;
                for (int i = 0; i < points.Length; i++)
                {
                    gram += points[i] - (i >= n ? points[i - n] : 0);
                    if (i < n - 1)
                        continue;
                    whole += gram;
                    if (grams.CountAt(i - n + 1) < 2)
                        continue;
                    part += gram;
                    found = found < 0 ? i - n + 1 : found;
                }
                first = found;
            }
            values[n - 2] = Share(part, whole);
            spans[n - 2] = TextFrame.SpanOf(words, first, n);
        }
    }

    private static int SymbolWords(ReadOnlySpan<char> text, WordTable words, ref TextSpan span)
    {
        if (text.IndexOfAny('#', '…') < 0)
            return 0;
        int symbols = 0;
        for (int i = 0; i < words.Count; i++)
        {
            // Words of letters hold no symbol.
            if ((words.Traits[i] & WordTraits.Plain) == 0 && text.Slice(words.Starts[i], words.Units[i]).IndexOfAny('#', '…') >= 0 && symbols++ == 0)
                span = new TextSpan(words.Starts[i], words.Units[i]);
        }
        return symbols;
    }

    private float Median(ReadOnlySpan<int> lengths)
    {
        if (lengths.IsEmpty)
            return 0;
        Array.Clear(_lengths);
        foreach (int length in lengths)
            _lengths[Math.Min(length, _lengths.Length - 1)]++;
        return (At((lengths.Length - 1) / 2) + At(lengths.Length / 2)) / 2f;

        int At(int rank)
        {
            int length = 0;
            for (int seen = _lengths[0]; seen <= rank; seen += _lengths[length])
                length++;
            return length;
        }
    }
}
