namespace Athanor.Runs.Recipes;

/// <summary>A stage of a recipe, ready to run.</summary>
/// <param name="Name">Its key under <c>stages:</c>.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Settings">A record of the kind's settings type, with derived values.</param>
/// <param name="From">Names of the stages whose artifacts it takes, as written.</param>
public sealed record RecipeStage(string Name, StageKind Kind, object Settings, IReadOnlyList<string> From);
