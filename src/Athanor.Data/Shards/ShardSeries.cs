using Athanor.Data.Documents;

namespace Athanor.Data.Shards;

/// <summary>How far a series of shards is.</summary>
/// <param name="Number">The shard that comes next or is being written.</param>
/// <param name="Documents">Documents in all shards.</param>
/// <param name="Tokens">Tokens in all shards.</param>
/// <param name="Place">How far the shard is; null where it was not begun.</param>
/// <param name="Lineage">Bytes of its lineage.</param>
internal sealed record SeriesPlace(int Number, long Documents, long Tokens, ShardPlace? Place, long Lineage);

/// <summary>Writes documents into one shard after another, each of about the same number of tokens; at least one, even if it is empty.</summary>
/// <param name="path">The path of a shard by its number.</param>
/// <param name="before">The place to go on from, which <see cref="Holds"/>; null to begin.</param>
internal sealed class ShardSeries(Func<int, string> path, int vocabularySize, byte[] tokenizer, long tokensAShard, SeriesPlace? before = null) : IDisposable
{
    private readonly List<string> _finished = [];
    private TokenShardWriter? _current = before?.Place is { } place ? new TokenShardWriter(path(before.Number), vocabularySize, tokenizer, place) : null;
    private DocumentWriter? _lineage = before?.Place is null ? null : new DocumentWriter(LineageFile.Of(path(before.Number)), before.Lineage);
    private int[] _ended = [];
    private int _number = before?.Number ?? 0;

    public long Documents { get; private set; } = before?.Documents ?? 0;

    public long Tokens { get; private set; } = before?.Tokens ?? 0;

    /// <summary>Whether the files reach to a place.</summary>
    public static bool Holds(Func<int, string> path, int vocabularySize, SeriesPlace place) =>
        Enumerable.Range(0, place.Number).All(number => File.Exists(path(number)) && File.Exists(LineageFile.Of(path(number))))
        && (place.Place is null || (TokenShardWriter.Holds(path(place.Number), vocabularySize, place.Place) && new FileInfo(LineageFile.Of(path(place.Number))) is { Exists: true } lineage && lineage.Length >= place.Lineage));

    /// <summary>Adds a document, a token that ends it, and where it came from.</summary>
    public void Add(ReadOnlySpan<int> document, int? end, Document from)
    {
        if (_current is { } full && full.Tokens >= tokensAShard)
            Next(default);
        if (end is { } token)
        {
            if (_ended.Length <= document.Length)
                _ended = new int[Math.Max(1024, 2 * (document.Length + 1))];
            document.CopyTo(_ended);
            _ended[document.Length] = token;
            document = _ended.AsSpan(0, document.Length + 1);
        }
        Current().Add(document);
        _lineage!.WriteObject(from, static (json, from) => JsonLineBuffer.Lineage(json, from));
        Documents++;
        Tokens += document.Length;
    }

    /// <summary>Puts all of it on the disk. Once the place is noted, <see cref="Forget"/> frees what finished shards needed.</summary>
    public SeriesPlace Save() => new(_number, Documents, Tokens, _current?.Save(), _lineage?.Save() ?? 0);

    public void Forget()
    {
        foreach (string shard in _finished)
            TokenShardWriter.Forget(shard);
        _finished.Clear();
    }

    public void Complete(CancellationToken cancellation)
    {
        Current();
        Next(cancellation);
    }

    public void Dispose()
    {
        _current?.Dispose();
        _lineage?.Dispose();
    }

    private TokenShardWriter Current()
    {
        if (_current is not null)
            return _current;
        _lineage = new DocumentWriter(LineageFile.Of(path(_number)));
        return _current = new TokenShardWriter(path(_number), vocabularySize, tokenizer);
    }

    private void Next(CancellationToken cancellation)
    {
        _current!.Complete(cancellation);
        _current.Dispose();
        _lineage!.Save();
        _lineage.Dispose();
        (_current, _lineage) = (null, null);
        _finished.Add(path(_number++));
    }
}
