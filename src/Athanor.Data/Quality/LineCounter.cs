using System.Runtime.InteropServices;
using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>Counts lines of which there are several, all of them, as Dolma and DCLM do.</summary>
internal sealed class LineCounter
{
    private readonly Dictionary<ulong, (int Count, int First)> _counts = [];

    /// <summary>The share of lines that are there more than once, the share of code points in them, and the first of them.</summary>
    /// <param name="frame">The text.</param>
    /// <param name="lines">Its lines.</param>
    /// <param name="whole">Code points to hold them against; those of the lines where null.</param>
    public (double Lines, double Points, TextSpan First) Measure(TextFrame frame, ReadOnlySpan<(int Start, int Length)> lines, long? whole = null)
    {
        _counts.Clear();
        for (int i = 0; i < lines.Length; i++)
        {
            ref (int Count, int First) entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, WordHash.OfLine(frame.Text.AsSpan(lines[i].Start, lines[i].Length)), out bool known);
            entry = known ? (entry.Count + 1, entry.First) : (1, i);
        }
        int repeated = 0, first = -1;
        long points = 0, all = 0;
        foreach ((int count, int line) in _counts.Values)
        {
            int length = frame.PointsOf(lines[line].Start, lines[line].Length);
            all += (long)count * length;
            if (count < 2)
                continue;
            repeated += count;
            points += (long)count * length;
            first = first < 0 ? line : Math.Min(first, line);
        }
        all = whole ?? all;
        return (lines.Length > 0 ? (double)repeated / lines.Length : 0, all > 0 ? (double)points / all : 0, first < 0 ? default : LineMeasures.Span(lines[first]));
    }
}
