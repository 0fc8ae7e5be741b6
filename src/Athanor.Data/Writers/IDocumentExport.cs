using Athanor.Data.Documents;

namespace Athanor.Data.Writers;

/// <summary>Writes documents into a file of another form.</summary>
internal interface IDocumentExport : IDisposable
{
    /// <summary>Appends a document.</summary>
    void Write(Document document);

    /// <summary>Ends the file; without it the file is not whole.</summary>
    void Finish();
}
