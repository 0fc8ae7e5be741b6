using Athanor.Data.Stages;
using Athanor.Runs.Recipes;

namespace Athanor.Cli.Recipes;

/// <summary>Everything that recipes may use: the stage kinds and sections of all projects.</summary>
internal static class RecipeKinds
{
    public static RecipeVocabulary Create() => new RecipeVocabulary().AddData();
}
