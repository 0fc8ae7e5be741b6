namespace Athanor.Inference.Constraints;

/// <summary>A set of Unicode scalar values as sorted ranges that neither touch nor overlap; surrogates never belong to it.</summary>
internal sealed class CodePointSet
{
    public const int Last = 0x10FFFF;

    private CodePointSet((int From, int To)[] ranges) => Ranges = ranges;

    public (int From, int To)[] Ranges { get; }

    public bool IsEmpty => Ranges.Length == 0;

    public static CodePointSet Any { get; } = Of((0, Last));

    public static CodePointSet Of(params IReadOnlyList<(int From, int To)> ranges)
    {
        var sorted = new (int From, int To)[ranges.Count];
        for (int i = 0; i < sorted.Length; i++)
            sorted[i] = ranges[i];
        if (sorted.Length > 1)
            Array.Sort(sorted, static (x, y) => x.From.CompareTo(y.From));
        List<(int From, int To)> merged = new(sorted.Length + 1);
        foreach ((int from, int to) in sorted)
        {
            if (from > to)
                continue;
            if (merged.Count > 0 && from <= merged[^1].To + 1)
                merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, to));
            else
                merged.Add((from, to));
        }
        return new CodePointSet(WithoutSurrogates(merged));
    }

    public static CodePointSet Of(int character) => Of((character, character));

    public CodePointSet Union(CodePointSet other) => Of([.. Ranges, .. other.Ranges]);

    public CodePointSet Complement()
    {
        List<(int From, int To)> gaps = [];
        int next = 0;
        foreach ((int from, int to) in Ranges)
        {
            gaps.Add((next, from - 1));
            next = to + 1;
        }
        gaps.Add((next, Last));
        return Of(gaps);
    }

    public CodePointSet Except(CodePointSet other) => Complement().Union(other).Complement();

    public bool Contains(int character)
    {
        foreach ((int from, int to) in Ranges)
        {
            if (character <= to)
                return character >= from;
        }
        return false;
    }

    private static (int, int)[] WithoutSurrogates(List<(int From, int To)> ranges)
    {
        for (int i = 0; i < ranges.Count; i++)
        {
            (int from, int to) = ranges[i];
            if (to < 0xD800 || from > 0xDFFF)
                continue;
            ranges.RemoveAt(i);
            if (to > 0xDFFF)
                ranges.Insert(i, (0xE000, to));
            if (from < 0xD800)
                ranges.Insert(i++, (from, 0xD7FF));
            else
                i--;
        }
        return [.. ranges];
    }
}
