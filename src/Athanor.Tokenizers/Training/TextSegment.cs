namespace Athanor.Tokenizers.Training;

/// <summary>A stretch of a document on its way to the piece counter; documents that do not fit into memory come in several.</summary>
/// <param name="Bytes">UTF-8 text, valid until the next segment is asked for.</param>
/// <param name="EndsDocument">Whether the document ends here; no piece crosses the end of a document.</param>
internal readonly record struct TextSegment(ReadOnlyMemory<byte> Bytes, bool EndsDocument);
