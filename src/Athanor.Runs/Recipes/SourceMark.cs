namespace Athanor.Runs.Recipes;

/// <summary>Where something of a recipe was written: a file's line and column, or an override.</summary>
/// <param name="Source">A file path, or the text of an override such as <c>--set model.depth=4</c>.</param>
/// <param name="Line">From 1; 0 where lines mean nothing (overrides, whole files).</param>
/// <param name="Column">From 1; 0 where columns mean nothing.</param>
public readonly record struct SourceMark(string Source, int Line, int Column)
{
    /// <summary><c>file:line:column</c>, as editors understand it.</summary>
    public override string ToString() => Line == 0 ? Source : $"{Source}:{Line}:{Column}";
}
