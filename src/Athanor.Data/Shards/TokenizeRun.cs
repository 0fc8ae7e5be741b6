using System.Globalization;
using System.Text;
using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Execution;
using Athanor.Data.Stages;
using Athanor.Runs.Files;
using Athanor.Tokenizers;

namespace Athanor.Data.Shards;

/// <summary>How far tokenization is.</summary>
internal sealed record TokenizeProgress
{
    /// <summary>The number of the set.</summary>
    public int Set { get; init; }

    /// <summary>The number of its file.</summary>
    public int File { get; init; }

    /// <summary>The next line's beginning in it.</summary>
    public long Offset { get; init; }

    /// <summary>UTF-8 bytes of the set's text.</summary>
    public long Bytes { get; init; }

    /// <summary>Code points of the set's text.</summary>
    public long Characters { get; init; }

    /// <summary>How far the set's shards are; null before the first.</summary>
    public SeriesPlace? Series { get; init; }

    /// <summary>Sets that are done.</summary>
    public IReadOnlyList<TokenSetSize> Done { get; init; } = [];
}

/// <summary>What <see cref="TokenizeRun"/> works with.</summary>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Fingerprint">Its fingerprint.</param>
/// <param name="End">The token that ends documents, or null.</param>
/// <param name="ShardTokens">Tokens of a shard for training.</param>
/// <param name="Threads">Threads; 0 for all cores.</param>
/// <param name="CheckpointEvery">The least time between notes of the place.</param>
internal sealed record TokenizePlan(Tokenizer Tokenizer, byte[] Fingerprint, int? End, long ShardTokens, int Threads, TimeSpan CheckpointEvery)
{
    /// <summary>Characters that are encoded at a time, so that all threads have work.</summary>
    public int BatchCharacters { get; init; } = 1 << 21;
}

/// <summary>
/// Turns sets of documents into shards in a folder, the first for training. From time to time tokens, index and lineage are put on the disk and the place is noted; a killed run cuts its files back to
/// there and goes on within the shard.
/// </summary>
internal sealed class TokenizeRun(IReadOnlyList<DocumentSet> sets, TokenizePlan plan, string folder)
{
    private const string Note = "tokenize.json";
    private readonly CheckpointClock _clock = new(plan.CheckpointEvery);
    private readonly TokenBatch _work = new();

    /// <summary>Runs, or goes on.</summary>
    /// <param name="progress">Takes bytes of the input that are done, and tokens of the set.</param>
    /// <param name="cancellation">Saves the place and stops.</param>
    /// <returns>The sizes of the sets.</returns>
    public IReadOnlyList<TokenSetSize> Run(Action<long, long> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        TokenizeProgress at = Before();
        while (at.Set < sets.Count)
            at = Tokenize(at, progress, cancellation);
        return at.Done;
    }

    /// <summary>A shard's path.</summary>
    public static string PathOf(string folder, string? set, int number) => Path.Combine(folder, set is null ? string.Create(CultureInfo.InvariantCulture, $"train-{number:00000}.shard") : $"val-{set}.shard");

    private TokenizeProgress Tokenize(TokenizeProgress at, Action<long, long> progress, CancellationToken cancellation)
    {
        DocumentSet set = sets[at.Set];
        long done = sets.Take(at.Set).Sum(BytesOf) + set.Files.Take(at.File).Sum(file => new FileInfo(file).Length) + at.Offset;
        using var shards = new ShardSeries(number => PathOf(folder, set.Name, number), plan.Tokenizer.VocabularySize, plan.Fingerprint, set.Name is null ? plan.ShardTokens : long.MaxValue, at.Series);
        foreach ((List<Document> documents, DocumentChunk last, int read) in Batches(DocumentChunks.Read(set.Files, at.File, at.Offset)))
        {
            ReadOnlyMemory<byte>[] texts = [.. documents.Select(document => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(document.Text))];
            try
            {
                plan.Tokenizer.EncodeBatch(texts, _work, EncodeOptions.None, plan.Threads, cancellation);
            }
            catch (OperationCanceledException)
            {
                Save();
                throw;
            }
            long characters = at.Characters, bytes = at.Bytes;
            for (int document = 0; document < texts.Length; document++)
            {
                shards.Add(_work[document], plan.End, documents[document]);
                bytes += texts[document].Length;
                characters += Characters(texts[document].Span);
            }
            at = at with { File = last.File, Offset = last.End, Bytes = bytes, Characters = characters };
            progress(done += read, shards.Tokens);
            if (_clock.IsDue)
                _clock.Save(Save);
        }
        shards.Complete(cancellation);
        at = new TokenizeProgress { Set = at.Set + 1, Done = [.. at.Done, new TokenSetSize(shards.Documents, shards.Tokens, at.Bytes, at.Characters)] };
        Write(at);
        shards.Forget();
        return at;

        void Save()
        {
            at = at with { Series = shards.Save() };
            Write(at);
            shards.Forget();
        }
    }

    private static long BytesOf(DocumentSet set) => set.Files.Sum(file => new FileInfo(file).Length);

    private void Write(TokenizeProgress at) => AtomicFile.Write(Path.Combine(folder, Note), stream => JsonSerializer.Serialize(stream, at));

    /// <summary>What was noted, if the files still hold it.</summary>
    private TokenizeProgress Before()
    {
        try
        {
            TokenizeProgress? read = JsonSerializer.Deserialize<TokenizeProgress>(File.ReadAllBytes(Path.Combine(folder, Note)));
            if (read is not null && read.Done.Count == read.Set && read.Set <= sets.Count
                && sets.Take(read.Set).All(set => File.Exists(PathOf(folder, set.Name, 0)) && File.Exists(LineageFile.Of(PathOf(folder, set.Name, 0))))
                && (read.Series is null || ShardSeries.Holds(number => PathOf(folder, sets[read.Set].Name, number), plan.Tokenizer.VocabularySize, read.Series)))
                return read;
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
        }
        return new TokenizeProgress();
    }

    /// <summary>Unicode code points: every byte but those that go on with a character.</summary>
    private static long Characters(ReadOnlySpan<byte> utf8)
    {
        long count = 0;
        foreach (byte value in utf8)
            count += (value & 0xC0) != 0x80 ? 1 : 0;
        return count;
    }

    /// <summary>Documents of several chunks, enough for all threads, with the last chunk and the bytes of all.</summary>
    private IEnumerable<(List<Document> Documents, DocumentChunk Last, int Read)> Batches(IEnumerable<DocumentChunk> chunks)
    {
        var batch = new List<Document>();
        long length = 0;
        int read = 0;
        DocumentChunk? last = null;
        foreach (DocumentChunk chunk in chunks)
        {
            foreach ((long offset, ReadOnlyMemory<byte> line) in chunk.Lines())
            {
                batch.Add(chunk.Parse(offset, line));
                length += batch[^1].Text.Length;
            }
            last = chunk;
            read += chunk.Bytes.Length;
            chunk.Release();
            if (length < plan.BatchCharacters)
                continue;
            yield return (batch, chunk, read);
            batch.Clear();
            (length, read, last) = (0, 0, null);
        }
        if (last is not null)
            yield return (batch, last, read);
    }
}
