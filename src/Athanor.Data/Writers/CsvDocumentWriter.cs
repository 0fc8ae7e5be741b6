using System.Buffers;
using System.Text;
using Athanor.Data.Documents;

namespace Athanor.Data.Writers;

/// <summary>Writes documents as CSV (RFC 4180) with the columns <c>id</c>, <c>text</c>, <c>source</c>, <c>metadata</c> (a JSON object).</summary>
internal sealed class CsvDocumentWriter : IDocumentExport
{
    private static readonly SearchValues<char> Special = SearchValues.Create("\",\r\n");
    private readonly StreamWriter _file;

    public CsvDocumentWriter(string path)
    {
        _file = new StreamWriter(path, false, new UTF8Encoding(false), 1 << 16) { NewLine = "\r\n" };
        _file.WriteLine("id,text,source,metadata");
    }

    public void Write(Document document)
    {
        Field(document.Id, ',');
        Field(document.Text, ',');
        Field(document.Source, ',');
        Field(MetadataJson.Of(document.Metadata), '\r');
        _file.Write('\n');
    }

    public void Finish() => _file.Flush();

    public void Dispose() => _file.Dispose();

    private void Field(string text, char end)
    {
        if (text.AsSpan().ContainsAny(Special))
        {
            _file.Write('"');
            _file.Write(text.Replace("\"", "\"\"", StringComparison.Ordinal));
            _file.Write('"');
        }
        else
            _file.Write(text);
        _file.Write(end);
    }
}
