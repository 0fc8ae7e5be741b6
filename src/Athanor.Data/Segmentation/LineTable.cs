using System.Buffers;

namespace Athanor.Data.Segmentation;

/// <summary>The lines of a text, as places; used again for the next text.</summary>
internal sealed class LineTable
{
    /// <summary>What ends a line for Python's <c>str.splitlines</c> besides the line feed.</summary>
    private static readonly SearchValues<char> OtherEnds = SearchValues.Create("\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029");
    private (int Start, int Length)[] _lines = new (int, int)[64];

    public int Count { get; private set; }

    public ReadOnlySpan<(int Start, int Length)> Lines => _lines.AsSpan(0, Count);

    /// <summary>Splits at each line feed; the empty line behind the last one counts.</summary>
    public void Split(ReadOnlySpan<char> text)
    {
        Count = 0;
        int start = 0;
        while (true)
        {
            int length = text[start..].IndexOf('\n');
            if (length < 0)
                break;
            Add(start, length);
            start += length + 1;
        }
        Add(start, text.Length - start);
    }

    /// <summary>Splits at runs of line feeds, as datatrove does; empty lines only at the text's beginning and end.</summary>
    public void SplitAtRuns(ReadOnlySpan<char> text, int atLeast = 1)
    {
        Count = 0;
        int start = 0;
        for (int at = 0; at < text.Length;)
        {
            int next = text[at..].IndexOf('\n');
            if (next < 0)
                break;
            at += next;
            int run = text[at..].IndexOfAnyExcept('\n');
            run = run < 0 ? text.Length - at : run;
            if (run >= atLeast)
            {
                Add(start, at - start);
                start = at + run;
            }
            at += run;
        }
        Add(start, text.Length - start);
    }

    /// <summary>Splits at each pair of line feeds, from the left: three leave one in front of what follows.</summary>
    public void SplitAtPairs(ReadOnlySpan<char> text)
    {
        Count = 0;
        int start = 0;
        for (int next; (next = text[start..].IndexOf("\n\n")) >= 0; start += next + 2)
            Add(start, next);
        Add(start, text.Length - start);
    }

    /// <summary>Splits as Python's <c>str.splitlines</c>: at eleven line ends, and nothing behind the last one.</summary>
    public void SplitLines(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAny(OtherEnds) < 0)
        {
            Split(text);
            if (_lines[Count - 1].Length == 0)
                Count--;
            return;
        }
        Count = 0;
        int start = 0;
        for (int at = 0; at < text.Length; at++)
        {
            char unit = text[at];
            if (unit != '\n' && !OtherEnds.Contains(unit))
                continue;
            Add(start, at - start);
            if (unit == '\r' && at + 1 < text.Length && text[at + 1] == '\n')
                at++;
            start = at + 1;
        }
        if (start < text.Length)
            Add(start, text.Length - start);
    }

    private void Add(int start, int length)
    {
        if (Count == _lines.Length)
            Array.Resize(ref _lines, Count * 2);
        _lines[Count++] = (start, length);
    }
}
