using Athanor.Data.Shards;

namespace Athanor.Training.Batches;

/// <summary>Documents of one source: the shards of a folder as one list.</summary>
public sealed class ShardSource : TokenSource
{
    private readonly TokenShard[] _shards;
    private readonly long[] _starts;

    /// <summary>A source over open shards, which it disposes.</summary>
    /// <exception cref="ArgumentException">There is no shard, or shards come from different tokenizers.</exception>
    public ShardSource(string name, IReadOnlyList<TokenShard> shards) : base(name)
    {
        ArgumentNullException.ThrowIfNull(shards);
        if (shards.Count == 0)
            throw new ArgumentException($"The source '{name}' has no shards.", nameof(shards));
        _shards = [.. shards];
        _starts = new long[_shards.Length + 1];
        long tokens = 0;
        for (int i = 0; i < _shards.Length; i++)
        {
            if (!_shards[i].Tokenizer.SequenceEqual(_shards[0].Tokenizer) || _shards[i].VocabularySize != _shards[0].VocabularySize)
                throw new ArgumentException($"{_shards[i].Path} and {_shards[0].Path} were made by different tokenizers. Tokenize the source again with one.", nameof(shards));
            _starts[i + 1] = _starts[i] + _shards[i].Documents;
            tokens += _shards[i].Tokens;
        }
        Tokens = tokens;
    }

    /// <inheritdoc/>
    public override long Documents => _starts[^1];

    /// <inheritdoc/>
    public override long Tokens { get; }

    /// <inheritdoc/>
    public override int VocabularySize => _shards[0].VocabularySize;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Tokenizer => _shards[0].Tokenizer;

    /// <inheritdoc/>
    protected override int Length(long document)
    {
        (TokenShard shard, long local) = Find(document);
        return shard.Length(local);
    }

    /// <inheritdoc/>
    protected override int Copy(long document, int start, Span<int> target)
    {
        (TokenShard shard, long local) = Find(document);
        return shard.Read(local, start, target);
    }

    private (TokenShard Shard, long Document) Find(long document)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)document, (ulong)Documents, nameof(document));
        int at = Array.BinarySearch(_starts, document);
        at = at < 0 ? ~at - 1 : at;
        // Empty shards repeat a start; the last of them holds the document.
        while (_starts[at + 1] <= document)
            at++;
        return (_shards[at], document - _starts[at]);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (TokenShard shard in _shards)
            shard.Dispose();
    }
}
