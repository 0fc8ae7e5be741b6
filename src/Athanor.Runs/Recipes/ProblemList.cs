namespace Athanor.Runs.Recipes;

/// <summary>Collects problems so that all of them are reported together.</summary>
internal sealed class ProblemList
{
    /// <summary>A file of garbage must not produce a garbage report.</summary>
    private const int Limit = 200;
    private readonly List<RecipeProblem> _problems = [];
    private readonly HashSet<(SourceMark, string, string)> _seen = [];

    public int Count => _problems.Count;

    /// <summary>Whether something else is wrong than that inputs are not there.</summary>
    public bool MoreThanMissingInputs => _problems.Exists(problem => !problem.IsMissingInput);

    public void Add(SourceMark mark, string path, string message, string? nearest = null, string? remedy = null, bool missingInput = false)
    {
        if (_problems.Count < Limit && _seen.Add((mark, path, message)))
            _problems.Add(new RecipeProblem(mark, path, message, nearest, remedy) { IsMissingInput = missingInput });
    }

    /// <summary>Throws all of them, sorted by place, if there are any.</summary>
    public void ThrowIfAny(Recipe? recipe = null)
    {
        if (_problems.Count > 0)
            throw new RecipeException([.. _problems.OrderBy(p => p.Mark.Source, StringComparer.Ordinal).ThenBy(p => p.Mark.Line).ThenBy(p => p.Mark.Column)]) { Recipe = recipe };
    }
}
