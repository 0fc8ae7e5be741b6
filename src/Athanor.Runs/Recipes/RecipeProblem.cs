namespace Athanor.Runs.Recipes;

/// <summary>One thing that is wrong with a recipe.</summary>
/// <param name="Mark">Where.</param>
/// <param name="Path">Dotted key path, empty for the file as a whole.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Nearest">The valid name nearest to the one that was written.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record RecipeProblem(SourceMark Mark, string Path, string Message, string? Nearest = null, string? Remedy = null)
{
    /// <summary>Whether nothing is wrong but that an input is not there.</summary>
    public bool IsMissingInput { get; init; }

    /// <summary>One line: place, path, what, nearest name, remedy.</summary>
    public override string ToString()
    {
        string text = Path.Length == 0 ? $"{Mark}: {Message}" : $"{Mark}: {Path}: {Message}";
        if (Nearest is not null)
            text += $" Did you mean '{Nearest}'?";
        return Remedy is null ? text : $"{text} {Remedy}";
    }
}
