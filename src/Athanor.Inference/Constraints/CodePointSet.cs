namespace Athanor.Inference.Constraints;

/// <summary>A set of Unicode scalar values as sorted ranges that neither touch nor overlap; surrogates never belong to it.</summary>
internal sealed class CodePointSet
{
    public const int Last = 0x10FFFF;

    private CodePointSet((int From, int To)[] ranges) => Ranges = ranges;

    public (int From, int To)[] Ranges { get; }

    public bool IsEmpty => Ranges.Length == 0;

    public static CodePointSet Any { get; } = Of((0, Last));

    public static CodePointSet Of(params IEnumerable<(int From, int To)> ranges)
    {
        (int From, int To)[] sorted = [.. ranges.Where(range => range.From <= range.To).OrderBy(range => range.From)];
        List<(int From, int To)> merged = [];
        foreach ((int from, int to) in sorted)
        {
            if (merged.Count > 0 && from <= merged[^1].To + 1)
                merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, to));
            else
                merged.Add((from, to));
        }
        return new CodePointSet([.. merged.SelectMany(WithoutSurrogates)]);
    }

    public static CodePointSet Of(int character) => Of((character, character));

    public CodePointSet Union(CodePointSet other) => Of([.. Ranges, .. other.Ranges]);

    public CodePointSet Complement()
    {
        List<(int, int)> gaps = [];
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

    private static IEnumerable<(int, int)> WithoutSurrogates((int From, int To) range)
    {
        if (range.To < 0xD800 || range.From > 0xDFFF)
        {
            yield return range;
            yield break;
        }
        if (range.From < 0xD800)
            yield return (range.From, 0xD7FF);
        if (range.To > 0xDFFF)
            yield return (0xE000, range.To);
    }
}
