using System.Buffers;

namespace Athanor.Data.Words;

/// <summary>Words and phrases to be found in texts, whatever their case.</summary>
internal sealed class WordList
{
    private readonly SearchValues<string> _search;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _words;
    private readonly int[] _lengths;
    private readonly bool _bounded;

    /// <param name="words">The words, at least one.</param>
    /// <param name="bounded">Whether only those count that no letter, digit or _ touches; languages without blanks between words need false.</param>
    public WordList(IEnumerable<string> words, bool bounded)
    {
        var set = new HashSet<string>(words, StringComparer.OrdinalIgnoreCase);
        _words = set.GetAlternateLookup<ReadOnlySpan<char>>();
        _search = SearchValues.Create([.. set], StringComparison.OrdinalIgnoreCase);
        // The longest first: it says most about what was found.
        _lengths = [.. set.Select(word => word.Length).Distinct().OrderDescending()];
        _bounded = bounded;
    }

    /// <summary>The next find from a place on, or a length of 0.</summary>
    public (int Start, int Length) Find(ReadOnlySpan<char> text, int from)
    {
        while (from < text.Length)
        {
            int next = text[from..].IndexOfAny(_search);
            if (next < 0)
                break;
            int at = from + next;
            if (!_bounded || at == 0 || !IsWord(text[at - 1]))
            {
                foreach (int length in _lengths)
                {
                    if (at + length <= text.Length && (!_bounded || at + length == text.Length || !IsWord(text[at + length])) && _words.Contains(text.Slice(at, length)))
                        return (at, length);
                }
            }
            from = at + 1;
        }
        return (0, 0);
    }

    private static bool IsWord(char unit) => char.IsLetterOrDigit(unit) || unit == '_';
}
