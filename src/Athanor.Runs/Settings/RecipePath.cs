namespace Athanor.Runs.Settings;

/// <summary>A file or folder named by a recipe, relative to the file that names it.</summary>
/// <param name="FullPath">Absolute path.</param>
public readonly record struct RecipePath(string FullPath)
{
    /// <summary>The absolute path.</summary>
    public override string ToString() => FullPath;
}
