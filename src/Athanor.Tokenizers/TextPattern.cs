using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Athanor.Tokenizers;

/// <summary>A text or a regex that normalizers, pre-tokenizers and decoders look for.</summary>
/// <remarks>
/// Regexes run on .NET's engine, non-backtracking where it can express them, with a time limit otherwise. Each character is one UTF-16 unit to it:
/// characters beyond the basic plane are shown as a rare character of the same general category, bytes that are not UTF-8 as lone surrogates.
/// Notation that .NET reads in another way than Oniguruma (nested classes, <c>&amp;&amp;</c>, possessive quantifiers) is refused.
/// </remarks>
public sealed class TextPattern : IEquatable<TextPattern>
{
    private static readonly TimeSpan _timeLimit = TimeSpan.FromSeconds(20);
    private static readonly char[] _standIns = MakeStandIns();
    private readonly Regex? _compiled;

    private TextPattern(string text, bool isRegex)
    {
        (Text, IsRegex) = (text, isRegex);
        if (isRegex)
            _compiled = Compile(text);
        else
            Literal = Encoding.UTF8.GetBytes(text);
    }

    /// <summary>A text that is looked for as it is.</summary>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public static TextPattern Exactly(string text) =>
        text.Length > 0 ? new TextPattern(text, isRegex: false) : throw new ArgumentException("A pattern needs at least one character.", nameof(text));

    /// <summary>A regex in the notation of <c>tokenizer.json</c>.</summary>
    /// <exception cref="NotSupportedException">It uses a notation that cannot be run with the same meaning here.</exception>
    public static TextPattern Matching(string regex) => new(regex, isRegex: true);

    /// <summary>The text or regex.</summary>
    public string Text { get; }

    /// <summary>Whether <see cref="Text"/> is a regex.</summary>
    public bool IsRegex { get; }

    /// <summary>The bytes of a pattern that is no regex.</summary>
    internal byte[]? Literal { get; }

    /// <summary>Adds the matches in <paramref name="text"/>, leftmost first, none over another, moved by <paramref name="start"/>.</summary>
    /// <exception cref="RegexMatchTimeoutException">A regex that needs backtracking took too long.</exception>
    internal void FindMatches(ReadOnlySpan<byte> text, int start, List<ByteRange> matches)
    {
        if (Literal is { } literal)
        {
            for (int at = 0, found; (found = text[at..].IndexOf(literal)) >= 0; at += found + literal.Length)
                matches.Add(new ByteRange(start + at + found, literal.Length));
            return;
        }
        if (text.IsEmpty)
            return;
        char[] units = ArrayPool<char>.Shared.Rent(text.Length);
        int[] offsets = ArrayPool<int>.Shared.Rent(text.Length + 1);
        try
        {
            int count = 0;
            for (int at = 0; at < text.Length; count++)
            {
                int codePoint = Utf8Text.Read(text, at, out int length);
                offsets[count] = at;
                units[count] = codePoint switch
                {
                    < 0 => (char)(0xDC00 + text[at]),
                    <= 0xFFFF => (char)codePoint,
                    _ => _standIns[(int)CharUnicodeInfo.GetUnicodeCategory(codePoint)],
                };
                at += length;
            }
            offsets[count] = text.Length;
            foreach (ValueMatch match in _compiled!.EnumerateMatches(units.AsSpan(0, count)))
            {
                int from = offsets[match.Index], to = offsets[match.Index + match.Length];
                matches.Add(new ByteRange(start + from, to - from));
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(units);
            ArrayPool<int>.Shared.Return(offsets);
        }
    }

    public bool Equals(TextPattern? other) => other is not null && Text == other.Text && IsRegex == other.IsRegex;

    public override bool Equals(object? obj) => Equals(obj as TextPattern);

    public override int GetHashCode() => HashCode.Combine(Text, IsRegex);

    private static Regex Compile(string pattern)
    {
        RefuseOtherMeanings(pattern);
        // Oniguruma's Ruby syntax: ^ and $ match at every line.
        const RegexOptions options = RegexOptions.CultureInvariant | RegexOptions.Multiline;
        try
        {
            try
            {
                return new Regex(pattern, options | RegexOptions.NonBacktracking);
            }
            catch (NotSupportedException)
            {
                return new Regex(pattern, options | RegexOptions.Compiled, _timeLimit);
            }
        }
        catch (ArgumentException e)
        {
            throw new NotSupportedException($"The regex '{pattern}' cannot be run here: {e.Message}", e);
        }
    }

    private static void RefuseOtherMeanings(string pattern)
    {
        bool inClass = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (char.IsSurrogate(c))
                throw Refusal(pattern, "characters beyond U+FFFF");
            if (c == '\\')
            {
                if (i + 1 < pattern.Length && pattern[i + 1] is 'h' or 'H' or 'R' or 'X' or 'O' or 'K' or 'y' or 'Y')
                    throw Refusal(pattern, $"\\{pattern[i + 1]}");
                i++;
            }
            else if (inClass)
            {
                if (c == ']')
                    inClass = false;
                else if (c == '[')
                    throw Refusal(pattern, "a class within a class");
                else if (c == '&' && i + 1 < pattern.Length && pattern[i + 1] == '&')
                    throw Refusal(pattern, "an intersection of classes (&&)");
            }
            else if (c == '[')
            {
                inClass = true;
                if (i + 1 < pattern.Length && pattern[i + 1] == '^')
                    i++;
                if (i + 1 < pattern.Length && pattern[i + 1] == ']')
                    throw Refusal(pattern, "a class that starts with ']'");
            }
            else if (c == '+' && i > 0 && pattern[i - 1] is '?' or '*' or '+' && (i < 2 || pattern[i - 2] != '\\'))
            {
                throw Refusal(pattern, "a possessive quantifier");
            }
        }
    }

    private static NotSupportedException Refusal(string pattern, string notation) =>
        new($"The regex '{pattern}' uses {notation}, which the engine here would read in another way; write it without.");

    private static char[] MakeStandIns()
    {
        var result = new char[30];
        foreach (char c in "\uA7B4\uA7B5\u1F88\uA4F8\uA840\uA802\uA823\u20DD\uA620\uA6E6\uA830\u2064\uE000\u2E17\uA84E\uA874\uA836\u2A00\uA838\uAB5B\uFFFE")
            result[(int)CharUnicodeInfo.GetUnicodeCategory(c)] = c;
        for (int i = 0; i < result.Length; i++)
        {
            if (result[i] == 0)
                result[i] = '\uFFFE';
        }
        return result;
    }
}
