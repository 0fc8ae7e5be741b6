using System.Globalization;
using System.Text;
using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>
/// The line-wise corrections of RefinedWeb (arXiv 2306.01116, table in appendix G) as DCLM reconstructed them (baselines/mappers/modifiers.py), in its order: drop lines of mostly capitals, of digits alone, of a
/// counter ("3 likes"), of fewer than two words; within lines of up to ten words delete "items in cart", "Read more..." at the end, "Sign-in" at the beginning. The share of words that this takes away is what
/// decides about the document.
/// </summary>
internal sealed class RefinedWebSignals : SignalFamily
{
    private const int ShortLineWords = 10;
    private static readonly string[] Counters = ["likes", "shares", "comments", "retweets", "reposts", "quotes", "bookmarks", "upvotes", "downvotes", "downloads", "views", "followers"];
    private readonly StringBuilder _kept = new();

    public override string Name => "refinedweb";

    public override IReadOnlyList<string> Signals { get; } = ["words_removed", "lines", "capital_lines", "digit_lines", "counter_lines", "short_lines", "phrase_lines"];

    public override bool ChangesText => true;

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        values.Clear();
        string text = frame.Text;
        _kept.Clear();
        bool first = true;
        foreach ((int Start, int Length) place in frame.Lines.Lines)
        {
            values[1]++;
            string line = text.Substring(place.Start, place.Length);
            int reason = line.Length == 0 ? 0 : Reason(line);
            if (reason == 0 && line.Length > 0 && Words(line) <= ShortLineWords)
            {
                string shorter = WithoutPhrases(line);
                if (!ReferenceEquals(shorter, line))
                {
                    Note(6, place, values, spans);
                    if (LineMeasures.Trim(shorter).IsEmpty)
                        continue;
                    line = shorter;
                }
            }
            if (reason > 0)
            {
                Note(reason, place, values, spans);
                continue;
            }
            _kept.Append(first ? "" : "\n").Append(line);
            first = false;
        }
        string result = LineMeasures.Trim(_kept.ToString()).ToString();
        int before = CountedWords(text), after = CountedWords(result);
        values[0] = before > 0 ? (float)((double)(before - after) / before) : 1;
        if (result != text)
            frame.Set(result);
    }

    private static void Note(int signal, (int Start, int Length) line, Span<float> values, Span<TextSpan> spans)
    {
        if (values[signal]++ == 0)
            spans[signal] = LineMeasures.Span(line);
        if (spans[0].Length == 0)
            spans[0] = LineMeasures.Span(line);
    }

    /// <summary>The signal of the rule that drops a line, or 0.</summary>
    private static int Reason(string line)
    {
        int upper = 0, digits = 0, points = 0;
        foreach (Rune rune in line.EnumerateRunes())
        {
            points++;
            upper += Rune.IsUpper(rune) ? 1 : 0;
            digits += Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber ? 1 : 0;
        }
        return upper > 0.5 * points ? 2 : digits == points ? 3 : IsCounter(line) ? 4 : Words(line) < 2 ? 5 : 0;
    }

    /// <summary>A number with K, M or B behind it or not, then one of twelve words; around them nothing but marks.</summary>
    private static bool IsCounter(ReadOnlySpan<char> line)
    {
        int at = 0;
        while (at < line.Length && !IsWordCharacter(line[at]))
            at++;
        if (at == line.Length || !char.IsDigit(line[at]))
            return false;
        while (at < line.Length && (char.IsDigit(line[at]) || line[at] is ',' or '.'))
            at++;
        if (at < line.Length && line[at] is 'k' or 'K' or 'm' or 'M' or 'b' or 'B')
            at++;
        int blank = at;
        while (at < line.Length && CharacterClasses.IsSpace(line[at]))
            at++;
        if (at == blank)
            return false;
        foreach (string counter in Counters)
        {
            if (!line[at..].StartsWith(counter, StringComparison.OrdinalIgnoreCase))
                continue;
            int end = at + counter.Length;
            while (end < line.Length && !IsWordCharacter(line[end]))
                end++;
            return end == line.Length;
        }
        return false;
    }

    private static bool IsWordCharacter(char unit) => char.IsLetterOrDigit(unit) || unit == '_' || CharUnicodeInfo.GetUnicodeCategory(unit) is UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static string WithoutPhrases(string line)
    {
        const string Cart = "items in cart", More = "read more", SignIn = "sign-in";
        string result = line;
        for (int at; (at = result.IndexOf(Cart, StringComparison.OrdinalIgnoreCase)) >= 0;)
        {
            int from = at > 0 && CharacterClasses.IsSpace(result[at - 1]) ? at - 1 : at;
            result = result.Remove(from, at + Cart.Length - from);
        }
        // The list's "Read more..." is a pattern for DCLM: any three characters may follow.
        int more = result.Length - More.Length - 3;
        if (more >= 0 && result.AsSpan(more).StartsWith(More, StringComparison.OrdinalIgnoreCase))
            result = result[..(more > 0 && CharacterClasses.IsSpace(result[more - 1]) ? more - 1 : more)];
        if (result.StartsWith(SignIn, StringComparison.OrdinalIgnoreCase))
            result = result[(SignIn.Length + (result.Length > SignIn.Length && CharacterClasses.IsSpace(result[SignIn.Length]) ? 1 : 0))..];
        return result;
    }

    private static int Words(ReadOnlySpan<char> line)
    {
        int words = 0;
        bool within = false;
        foreach (char unit in line)
        {
            bool space = CharacterClasses.IsSpace(unit);
            words += !space && !within ? 1 : 0;
            within = !space;
        }
        return words;
    }

    /// <summary>fastText's words (between ASCII white space) that begin with a letter or digit.</summary>
    private static int CountedWords(ReadOnlySpan<char> text)
    {
        int words = 0;
        bool within = false;
        for (int at = 0; at < text.Length; at++)
        {
            bool space = text[at] is ' ' or '\n' or '\r' or '\t' or '\v' or '\f' or '\0';
            if (!space && !within && CharacterClasses.IsAlphanumeric(CharacterClasses.RuneAt(text, at, out _)))
                words++;
            within = !space;
        }
        return words;
    }
}
