namespace Athanor.Runs.Stages;

/// <summary>The finished output of a stage: a folder of files that never change.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Manifest">What it is.</param>
public sealed record Artifact(string Folder, ArtifactManifest Manifest)
{
    /// <summary>Its key.</summary>
    public string Key => Manifest.Key;

    /// <summary>What it is: <c>documents</c>, <c>checkpoint</c>.</summary>
    public string Produces => Manifest.Produces;

    /// <summary>The full path of one of its files.</summary>
    /// <param name="file">Relative, with forward slashes.</param>
    public string PathOf(string file) => Path.Combine(Folder, file);
}
