using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Quality;

/// <summary>What several families ask of lines.</summary>
internal static class LineMeasures
{
    /// <summary>A line without the white space in front, in Python's sense.</summary>
    public static ReadOnlySpan<char> TrimStart(ReadOnlySpan<char> line)
    {
        int at = 0;
        while (at < line.Length && CharacterClasses.IsSpace(line[at]))
            at++;
        return line[at..];
    }

    /// <summary>A line without the white space behind, in Python's sense.</summary>
    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> line)
    {
        int end = line.Length;
        while (end > 0 && CharacterClasses.IsSpace(line[end - 1]))
            end--;
        return line[..end];
    }

    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> line) => TrimEnd(TrimStart(line));

    public static TextSpan Span((int Start, int Length) line) => new(line.Start, line.Length);

    /// <summary>Keeps the lines with something in them, without white space around.</summary>
    public static int Filled(string text, ReadOnlySpan<(int Start, int Length)> lines, List<(int Start, int Length)> filled)
    {
        filled.Clear();
        foreach ((int start, int length) in lines)
        {
            ReadOnlySpan<char> line = text.AsSpan(start, length), front = TrimStart(line);
            if (front.Length > 0)
                filled.Add((start + length - front.Length, TrimEnd(front).Length));
        }
        return filled.Count;
    }
}
