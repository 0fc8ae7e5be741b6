using System.Buffers;
using System.Text;
using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>The line rules of C4 as datatrove 0.10 has them.</summary>
internal sealed record C4Rules
{
    /// <summary>Drop lines that do not end in one of . ? ! " ' or end in an ellipsis.</summary>
    public bool TerminalPunctuation { get; init; } = true;

    /// <summary>Delete [12], [edit] and [citation needed].</summary>
    public bool Citations { get; init; } = true;

    public int MinWords { get; init; } = 3;

    public int LongestWord { get; init; } = 1000;

    public bool JavaScript { get; init; } = true;

    public bool Policies { get; init; } = true;
}

/// <summary>
/// C4's rules as datatrove 0.10 applies them (filters/c4_filters.py), line by line in its order: drop lines with a very long word, delete citation marks, drop lines without terminal punctuation, with few words,
/// with javascript, with policy phrases; note lorem ipsum and curly brackets in lines that got that far; count sentences of the lines that stay. The text becomes those lines.
/// </summary>
internal sealed class C4Signals(C4Rules rules) : SignalFamily
{
    private static readonly string[] PolicyPhrases = ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"];
    private static readonly SearchValues<string> Policies = SearchValues.Create(PolicyPhrases, StringComparison.OrdinalIgnoreCase);
    private static readonly SearchValues<string> Phrases = SearchValues.Create(["lorem ipsum", "javascript", .. PolicyPhrases], StringComparison.OrdinalIgnoreCase);
    private readonly WordTable _spaced = new(), _words = new();
    private readonly StringBuilder _line = new();
    private char[] _kept = new char[4096];

    public override string Name => "c4";

    public override IReadOnlyList<string> Signals { get; } = ["lorem_ipsum", "curly_brackets", "sentences", "lines", "long_word_lines", "unended_lines", "few_word_lines", "javascript_lines", "policy_lines"];

    public override bool ChangesText => true;

    public override void Measure(TextFrame frame, Span<float> values, Span<TextSpan> spans)
    {
        string text = frame.Text;
        values.Clear();
        bool anyPhrase = text.AsSpan().ContainsAny(Phrases), anyCurly = text.Contains('{', StringComparison.Ordinal), anyCitation = rules.Citations && text.Contains('[', StringComparison.Ordinal);
        ReadOnlySpan<(int Start, int Length)> lines = frame.SplitLines.Lines;
        int kept = 0;
        if (_kept.Length < text.Length + 1)
            _kept = new char[Math.Max(text.Length + 1, _kept.Length * 2)];
        var walk = new LineWalk(frame.Spaced, frame.English, text);
        int englishWords = 0;
        foreach ((int Start, int Length) place in lines)
        {
            values[3]++;
            ReadOnlySpan<char> line = LineMeasures.Trim(text.AsSpan(place.Start, place.Length));
            walk.To(place.Start + place.Length);
            int sentences = walk.Sentences, english = walk.English;
            if (line.Length > rules.LongestWord && walk.LongestWord > rules.LongestWord)
            {
                Note(4, place, values, spans);
                continue;
            }
            if (anyCitation && line.Contains('[') && WithoutCitations(line))
            {
                line = _line.ToString();
                frame.SplitEnglish(line, _spaced, _words);
                sentences = Sentences.Count(_words.Traits);
                english = 0;
                foreach (WordTraits word in _words.Traits)
                    english += (word & WordTraits.Gap) == 0 ? 1 : 0;
            }
            if (rules.TerminalPunctuation && (line is not [.., '.' or '?' or '!' or '"' or '\''] || line is [.., '.', '.', '.']))
            {
                Note(5, place, values, spans);
                continue;
            }
            if (walk.Words < rules.MinWords)
            {
                Note(6, place, values, spans);
                continue;
            }
            if (anyPhrase && line.Contains("lorem ipsum", StringComparison.OrdinalIgnoreCase))
                Note(0, place, values, spans);
            if (rules.JavaScript && anyPhrase && line.Contains("javascript", StringComparison.OrdinalIgnoreCase))
            {
                Note(7, place, values, spans);
                continue;
            }
            if (anyCurly && line.Contains('{'))
                Note(1, place, values, spans);
            if (rules.Policies && anyPhrase && line.ContainsAny(Policies))
            {
                Note(8, place, values, spans);
                continue;
            }
            values[2] += sentences;
            englishWords += english;
            if (kept > 0)
                _kept[kept++] = '\n';
            line.CopyTo(_kept.AsSpan(kept));
            kept += line.Length;
        }
        ReadOnlySpan<char> result = LineMeasures.Trim(_kept.AsSpan(0, kept));
        if (!result.SequenceEqual(text))
            frame.Set(result.ToString(), englishWords);
    }

    private static void Note(int signal, (int Start, int Length) line, Span<float> values, Span<TextSpan> spans)
    {
        if (values[signal]++ == 0)
            spans[signal] = LineMeasures.Span(line);
    }

    /// <summary>Goes through the words of a text line by line.</summary>
    private ref struct LineWalk(WordTable spaced, WordTable english, ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<int> _spacedStarts = spaced.Starts, _points = spaced.Points, _starts = english.Starts, _units = english.Units;
        private readonly ReadOnlySpan<WordTraits> _traits = english.Traits;
        private readonly ReadOnlySpan<char> _text = text;
        private int _spaced, _english;

        /// <summary>Words between white space in the line.</summary>
        public int Words { get; private set; }

        /// <summary>Code points of the longest of them.</summary>
        public int LongestWord { get; private set; }

        /// <summary>English words in the line.</summary>
        public int English { get; private set; }

        public int Sentences { get; private set; }

        /// <summary>Takes the words up to a place, the end of a line.</summary>
        public void To(int end)
        {
            int longest = 0, first = _spaced;
            while (_spaced < _spacedStarts.Length && _spacedStarts[_spaced] < end)
                longest = Math.Max(longest, _points[_spaced++]);
            (Words, LongestWord) = (_spaced - first, longest);
            int sentences = 0, begin = _english;
            bool ended = false;
            for (; _english < _starts.Length && _starts[_english] < end; _english++)
            {
                int start = _starts[_english];
                // White space that is more than a blank is a word for the sentencer, and no punctuation.
                if (ended && _english > begin && GapBefore(start, _starts[_english - 1] + _units[_english - 1]))
                    (sentences, ended) = (sentences + 1, false);
                WordTraits word = _traits[_english];
                if ((word & WordTraits.SentenceEnd) != 0)
                    ended = true;
                else if (ended && (word & WordTraits.Punctuation) == 0)
                    (sentences, ended) = (sentences + 1, false);
            }
            English = _english - begin;
            Sentences = English > 0 ? sentences + 1 : 0;
        }

        private readonly bool GapBefore(int start, int end) => start - end > 1 || (start - end == 1 && _text[end] != ' ');
    }

    /// <summary>Deletes [digits], [edit] and [citation needed]; false where there are none.</summary>
    private bool WithoutCitations(ReadOnlySpan<char> line)
    {
        _line.Clear();
        int from = 0;
        for (int at = 0; at < line.Length; at++)
        {
            if (line[at] != '[')
                continue;
            int length = Citation(line[at..]);
            if (length == 0)
                continue;
            _line.Append(line[from..at]);
            from = at + length;
            at = from - 1;
        }
        _line.Append(line[from..]);
        return from > 0;
    }

    private static int Citation(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("[edit]"))
            return 6;
        if (text.StartsWith("[citation needed]"))
            return 17;
        int end = 1;
        while (end < text.Length && char.IsDigit(text[end]))
            end++;
        return end < text.Length && text[end] == ']' ? end + 1 : 0;
    }
}
