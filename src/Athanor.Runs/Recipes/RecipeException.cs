namespace Athanor.Runs.Recipes;

/// <summary>A recipe that cannot be run, with every problem that was found in it.</summary>
public sealed class RecipeException : Exception
{
    /// <summary>Problems in the order of their places.</summary>
    public IReadOnlyList<RecipeProblem> Problems { get; }

    /// <summary>The recipe where nothing is wrong but that inputs are not there: it can be shown, not run.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>Reports problems, of which there is at least one.</summary>
    public RecipeException(IReadOnlyList<RecipeProblem> problems)
        : base(Describe(problems)) => Problems = problems;

    private static string Describe(IReadOnlyList<RecipeProblem> problems) =>
        problems.Count == 1
            ? problems[0].ToString()
            : $"{problems.Count} problems:{Environment.NewLine}{string.Join(Environment.NewLine, problems)}";
}
