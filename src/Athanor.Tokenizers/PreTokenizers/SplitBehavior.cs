using System.Runtime.InteropServices;

namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>What becomes of the matches that a text is split at; the examples split <c>the-final--countdown</c> at the hyphen.</summary>
public enum SplitBehavior
{
    /// <summary>the final countdown</summary>
    Removed,

    /// <summary>the - final - - countdown</summary>
    Isolated,

    /// <summary>the- final- - countdown</summary>
    MergedWithPrevious,

    /// <summary>the -final - -countdown</summary>
    MergedWithNext,

    /// <summary>the - final -- countdown</summary>
    Contiguous,
}

/// <summary>The parts of one piece, matched and between matches, in order and without holes; turned into pieces by a behavior.</summary>
internal sealed class SplitParts
{
    private readonly List<(ByteRange Range, bool Match)> _parts = [];
    private int _end;

    /// <summary>Starts at the first byte of a piece.</summary>
    public void Start(int at)
    {
        _parts.Clear();
        _end = at;
    }

    /// <summary>Takes a match behind all before it, and what lies between as no match.</summary>
    public void Match(int start, int length, bool isMatch = true)
    {
        if (start > _end)
            _parts.Add((new ByteRange(_end, start - _end), !isMatch));
        _parts.Add((new ByteRange(start, length), isMatch));
        _end = start + length;
    }

    /// <summary>Takes the rest up to <paramref name="end"/> as no match and adds the pieces to <paramref name="text"/>.</summary>
    public void Finish(int end, bool restIsMatch, SplitBehavior behavior, PreTokenizedText text)
    {
        if (end > _end)
            _parts.Add((new ByteRange(_end, end - _end), restIsMatch));
        Span<(ByteRange Range, bool Match)> parts = CollectionsMarshal.AsSpan(_parts);
        switch (behavior)
        {
            case SplitBehavior.Isolated:
                foreach ((ByteRange range, _) in parts)
                    text.Add(range);
                break;
            case SplitBehavior.Removed:
                foreach ((ByteRange range, bool match) in parts)
                {
                    if (!match)
                        text.Add(range);
                }
                break;
            case SplitBehavior.MergedWithNext:
                MergeWithNext(parts, text);
                break;
            default:
                MergeWithPrevious(parts, behavior == SplitBehavior.Contiguous, text);
                break;
        }
    }

    private static void MergeWithPrevious(Span<(ByteRange Range, bool Match)> parts, bool contiguous, PreTokenizedText text)
    {
        var open = new ByteRange(0, 0);
        bool any = false, previous = false;
        foreach ((ByteRange range, bool match) in parts)
        {
            bool joins = contiguous ? match == previous : match && !previous;
            if (any && joins)
            {
                open = new ByteRange(open.Start, range.End - open.Start);
            }
            else
            {
                if (any)
                    text.Add(open);
                open = range;
                any = true;
            }
            previous = match;
        }
        if (any)
            text.Add(open);
    }

    // A match joins what follows it unless that is a match itself; of a row of matches only the last does.
    private static void MergeWithNext(Span<(ByteRange Range, bool Match)> parts, PreTokenizedText text)
    {
        for (int i = 0; i < parts.Length; i++)
        {
            ByteRange range = parts[i].Range;
            if (parts[i].Match && i + 1 < parts.Length && !parts[i + 1].Match)
                range = new ByteRange(range.Start, parts[++i].Range.End - range.Start);
            text.Add(range);
        }
    }
}
