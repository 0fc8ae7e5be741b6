using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>Numbers that no profile has a rule for and that are worth a look or a rule of one's own: lengths, capitals, digits, variety of words.</summary>
internal sealed class TextSignals : SignalFamily
{
    private readonly Dictionary<ulong, int> _counts = [];

    public override string Name => "text";

    public override IReadOnlyList<string> Signals { get; } = ["characters", "words", "lines", "longest_line", "capitals", "digits", "all_caps_words", "unique_words", "word_entropy", "curly_brackets"];

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        ReadOnlySpan<char> text = frame.Text;
        WordTable words = frame.Spaced;
        int upper = 0, letters = 0, digits = 0, longest = 0;
        foreach (char unit in text)
        {
            letters += char.IsLetter(unit) ? 1 : 0;
            upper += char.IsUpper(unit) ? 1 : 0;
            digits += char.IsDigit(unit) ? 1 : 0;
        }
        foreach ((int start, int length) in frame.Lines.Lines)
        {
            int points = frame.PointsOf(start, length);
            if (points > longest)
                (longest, spans[3]) = (points, new TextSpan(start, length));
        }
        (values[0], values[1], values[2], values[3]) = (frame.Points, words.Count, frame.Lines.Count, longest);
        (values[4], values[5]) = (Share(upper, letters), Share(digits, text.Length));
        values[6] = Share(AllCaps(text, words), words.Count);
        _counts.Clear();
        foreach (ulong hash in words.Hashes)
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_counts, hash, out _)++;
        double entropy = 0;
        foreach (int count in _counts.Values)
            entropy -= (double)count / words.Count * Math.Log2((double)count / words.Count);
        (values[7], values[8]) = (Share(_counts.Count, words.Count), (float)entropy);
        values[9] = Share(text.Count('{') + text.Count('}'), frame.Points);
    }

    /// <summary>Words of two letters and more without a small one.</summary>
    private static int AllCaps(ReadOnlySpan<char> text, WordTable words)
    {
        int found = 0;
        for (int i = 0; i < words.Count; i++)
        {
            int upper = 0;
            foreach (char unit in text.Slice(words.Starts[i], words.Units[i]))
            {
                if (char.IsUpper(unit))
                    upper++;
                else if (char.IsLower(unit))
                {
                    upper = 0;
                    break;
                }
            }
            found += upper > 1 ? 1 : 0;
        }
        return found;
    }
}
