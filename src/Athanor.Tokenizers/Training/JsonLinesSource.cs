namespace Athanor.Tokenizers.Training;

/// <summary>A document in a string of each line of a JSON Lines file; a string of gigabytes passes through in parts.</summary>
internal sealed class JsonLinesSource(string path, string field) : DocumentSource
{
    internal override IEnumerable<TextSegment> Segments()
    {
        using Stream stream = TextFileSource.Open(path);
        var reader = new JsonLineReader(stream, path, field);
        while (reader.NextText())
        {
            while (reader.ReadText() is { IsEmpty: false } part)
                yield return new TextSegment(part, false);
            yield return new TextSegment(default, true);
            reader.FinishLine();
        }
    }
}
