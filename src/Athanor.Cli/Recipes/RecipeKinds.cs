using Athanor.Cli.Exchange;
using Athanor.Cli.Generate;
using Athanor.Data.Stages;
using Athanor.Runs.Recipes;
using Athanor.Training.Stages;

namespace Athanor.Cli.Recipes;

/// <summary>Everything that recipes may use: the stage kinds and sections of all projects.</summary>
internal static class RecipeKinds
{
    public static RecipeVocabulary Create()
    {
        RecipeVocabulary vocabulary = new RecipeVocabulary().AddData();
        PretrainStage.Register(vocabulary, new EngineSamples());
        vocabulary.Stage(ExportGgufStage.Kind).Stage(QuantizeStage.Kind);
        return vocabulary;
    }
}
