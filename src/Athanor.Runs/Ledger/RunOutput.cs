using System.Text.Json;
using Athanor.Runs.Stages;

namespace Athanor.Runs.Ledger;

/// <summary>What a stage of a run has made, or is making.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Folder">The artifact's folder, or the folder where the stage keeps its progress.</param>
/// <param name="Produces">What the artifact is; null for a stage that did not finish.</param>
public sealed record RunOutput(string Stage, string Folder, string? Produces)
{
    /// <summary>The outputs of a run that are there, in the order of its events: the newest last.</summary>
    public static IReadOnlyList<RunOutput> Of(string run)
    {
        var outputs = new List<RunOutput>();
        foreach (JsonElement line in RunCatalog.Events(run))
        {
            string? stage = Text(line, "stage");
            if (stage is null)
                continue;
            switch (Text(line, "event"))
            {
                case "stage_started" when Text(line, "work") is { } work && Directory.Exists(work):
                    outputs.Add(new RunOutput(stage, work, null));
                    break;
                case "stage_finished" or "stage_reused" when Text(line, "folder") is { } folder && ArtifactManifest.TryRead(folder) is { } manifest:
                    outputs.Add(new RunOutput(stage, folder, manifest.Produces));
                    break;
            }
        }
        return outputs;
    }

    private static string? Text(JsonElement line, string property) =>
        line.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
