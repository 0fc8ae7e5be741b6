namespace Athanor.Data.Readers;

/// <summary>Names of the keys of a JSON object in which a document's parts lie.</summary>
/// <param name="Text">The text.</param>
/// <param name="Id">What names it; the file and byte where a document has none.</param>
/// <param name="Source">What it was read from.</param>
public sealed record JsonKeys(string Text = "text", string Id = "id", string Source = "source");
