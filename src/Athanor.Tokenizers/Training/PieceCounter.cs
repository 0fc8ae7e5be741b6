namespace Athanor.Tokenizers.Training;

/// <summary>
/// Counts the distinct pieces of a stream of documents, in parallel and within a stated memory: a table a thread, and sorted runs in temporary
/// files when the tables are full. The result depends on the documents and the pre-tokenizer alone.
/// </summary>
/// <remarks>
/// Linear in the bytes read. Documents of any length are cut at places where no piece of the known pre-tokenizers goes on, so a line of gigabytes costs what
/// ordinary text costs; text without such a place is cut every 64 MiB between two characters.
/// </remarks>
public static class PieceCounter
{
    /// <summary>Counts the pieces of all documents of <paramref name="source"/>.</summary>
    /// <exception cref="IOException">A file cannot be read, or temporary files cannot be written.</exception>
    /// <exception cref="InvalidOperationException">The result passes its limit.</exception>
    public static PieceCounts Count(DocumentSource source, PieceCounterOptions options, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        using var run = new PieceCounterRun(options, progress, cancellation);
        try
        {
            foreach (TextSegment segment in source.Segments())
            {
                ReadOnlyMemory<byte> rest = segment.Bytes;
                while (run.Add(ref rest) is { } batch)
                {
                    ValueTask posted = run.PostAsync(batch);
                    if (!posted.IsCompletedSuccessfully)
                        posted.AsTask().GetAwaiter().GetResult();
                }
                if (segment.EndsDocument)
                    run.EndDocument();
            }
        }
        catch (Exception error)
        {
            run.StopAsync(error).GetAwaiter().GetResult();
            throw;
        }
        return run.FinishAsync().GetAwaiter().GetResult();
    }

    /// <summary>Counts the pieces of documents that come asynchronously, as UTF-8; each must stay unchanged until the next one is asked for.</summary>
    /// <exception cref="IOException">Temporary files cannot be written.</exception>
    /// <exception cref="InvalidOperationException">The result passes its limit.</exception>
    public static async Task<PieceCounts> CountAsync(
        IAsyncEnumerable<ReadOnlyMemory<byte>> documents, PieceCounterOptions options, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        using var run = new PieceCounterRun(options, progress, cancellation);
        try
        {
            await foreach (ReadOnlyMemory<byte> document in documents.WithCancellation(cancellation).ConfigureAwait(false))
            {
                ReadOnlyMemory<byte> rest = document;
                while (run.Add(ref rest) is { } batch)
                    await run.PostAsync(batch).ConfigureAwait(false);
                run.EndDocument();
            }
        }
        catch (Exception error)
        {
            await run.StopAsync(error).ConfigureAwait(false);
            throw;
        }
        return await run.FinishAsync().ConfigureAwait(false);
    }
}
