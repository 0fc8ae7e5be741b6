using System.Text;
using Athanor.Data.Stages;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.Testing;

/// <summary>Recipes of data stages in a folder.</summary>
internal static class DataRecipe
{
    public static Recipe Parse(TemporaryFolder folder, string yaml) =>
        Recipe.Parse(Encoding.UTF8.GetBytes(yaml), new RecipeVocabulary().AddData(), "small", folder.FullName);

    public static async Task<IReadOnlyDictionary<string, Artifact>> Run(TemporaryFolder folder, string yaml, string runs = "runs", CancellationToken cancellation = default)
    {
        Recipe recipe = Parse(folder, yaml);
        using RunLedger ledger = RunLedger.Start(folder[runs], recipe, new RunLedgerOptions { TensorBoard = false });
        return await new RecipeRunner(new ArtifactStore(folder[runs + "/.store"])).Run(recipe, ledger, new RunProgress(), cancellation);
    }
}
