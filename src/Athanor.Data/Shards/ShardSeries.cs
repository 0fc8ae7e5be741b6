namespace Athanor.Data.Shards;

/// <summary>Writes documents into one shard after another, each of about the same number of tokens; at least one, even if it is empty.</summary>
internal sealed class ShardSeries(Func<int, string> path, int vocabularySize, byte[] tokenizer, long tokensAShard) : IDisposable
{
    private TokenShardWriter? _current;
    private int[] _ended = [];
    private int _number;

    public long Documents { get; private set; }

    public long Tokens { get; private set; }

    /// <summary>Adds a document, and a token that ends it.</summary>
    public void Add(ReadOnlySpan<int> document, int? end)
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
        Documents++;
        Tokens += document.Length;
    }

    public void Complete(CancellationToken cancellation)
    {
        Current();
        Next(cancellation);
    }

    public void Dispose() => _current?.Dispose();

    private TokenShardWriter Current() => _current ??= new TokenShardWriter(path(_number), vocabularySize, tokenizer);

    private void Next(CancellationToken cancellation)
    {
        _current!.Complete(cancellation);
        _current.Dispose();
        _current = null;
        _number++;
    }
}
