using Athanor.Data.Documents;
using Athanor.Data.Execution;

namespace Athanor.Data.Deduplication;

/// <summary>A document, its number in the order of the inputs, and where its line begins.</summary>
internal readonly record struct NumberedDocument(Document Document, long Number, int Input, long Offset);

/// <summary>Goes over all documents once: any number of workers compute, one thread takes the results in the order of the documents.</summary>
internal static class DocumentPass
{
    /// <param name="files">Files of documents.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="makeWorker">What each thread keeps to itself.</param>
    /// <param name="work">Looks at a document.</param>
    /// <param name="take">Called in order.</param>
    /// <param name="progress">Takes bytes that are done.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public static void Run<TWorker, TResult>(IReadOnlyList<string> files, int workers, Func<TWorker> makeWorker, Func<TWorker, Document, TResult> work,
        Action<NumberedDocument, TResult> take, Action<long> progress, CancellationToken cancellation)
    {
        long number = 0, bytes = 0;
        OrderedWork.Run(DocumentChunks.Read(files), workers, makeWorker, (worker, chunk) =>
        {
            var results = new List<(Document, long, TResult)>();
            foreach ((long offset, ReadOnlyMemory<byte> line) in chunk.Lines())
            {
                Document document = chunk.Parse(offset, line);
                results.Add((document, offset, work(worker, document)));
            }
            return results;
        }, (chunk, results) =>
        {
            foreach ((Document document, long offset, TResult result) in results)
                take(new NumberedDocument(document, number++, chunk.File, offset), result);
            progress(bytes += chunk.Bytes.Length);
            chunk.Release();
        }, static () => false, cancellation);
    }
}
