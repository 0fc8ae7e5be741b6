using Athanor.Data.Documents;

namespace Athanor.Data.Shards;

/// <summary>Writes documents into one shard after another, each of about the same number of tokens; at least one, even if it is empty.</summary>
internal sealed class ShardSeries(Func<int, string> path, int vocabularySize, byte[] tokenizer, long tokensAShard) : IDisposable
{
    private TokenShardWriter? _current;
    private DocumentWriter? _lineage;
    private int[] _ended = [];
    private int _number;

    public long Documents { get; private set; }

    public long Tokens { get; private set; }

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
        _lineage!.Dispose();
        (_current, _lineage) = (null, null);
        _number++;
    }
}
