namespace Athanor.Runs.Recipes;

/// <summary>Collects problems so that all of them are reported together.</summary>
internal sealed class ProblemList
{
    /// <summary>A file of garbage must not produce a garbage report.</summary>
    private const int Limit = 200;
    private readonly List<RecipeProblem> _problems = [];
    private readonly HashSet<(SourceMark, string, string)> _seen = [];

    public int Count => _problems.Count;

    public void Add(SourceMark mark, string path, string message, string? nearest = null, string? remedy = null)
    {
        if (_problems.Count < Limit && _seen.Add((mark, path, message)))
            _problems.Add(new RecipeProblem(mark, path, message, nearest, remedy));
    }

    /// <summary>Throws all of them, sorted by place, if there are any.</summary>
    public void ThrowIfAny()
    {
        if (_problems.Count > 0)
            throw new RecipeException([.. _problems.OrderBy(p => p.Mark.Source, StringComparer.Ordinal).ThenBy(p => p.Mark.Line).ThenBy(p => p.Mark.Column)]);
    }
}
