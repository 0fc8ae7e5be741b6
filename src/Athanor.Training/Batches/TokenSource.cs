using Athanor.Data.Shards;

namespace Athanor.Training.Batches;

/// <summary>Documents of one source: the shards of a folder as one list.</summary>
public sealed class TokenSource : IDisposable
{
    private readonly TokenShard[] _shards;
    private readonly long[] _starts;

    /// <summary>A source over open shards, which it disposes.</summary>
    /// <exception cref="ArgumentException">There is no shard, or shards come from different tokenizers.</exception>
    public TokenSource(string name, IReadOnlyList<TokenShard> shards)
    {
        ArgumentNullException.ThrowIfNull(shards);
        if (shards.Count == 0)
            throw new ArgumentException($"The source '{name}' has no shards.", nameof(shards));
        Name = name;
        _shards = [.. shards];
        _starts = new long[_shards.Length + 1];
        for (int i = 0; i < _shards.Length; i++)
        {
            if (!_shards[i].Tokenizer.SequenceEqual(_shards[0].Tokenizer) || _shards[i].VocabularySize != _shards[0].VocabularySize)
                throw new ArgumentException($"{_shards[i].Path} and {_shards[0].Path} were made by different tokenizers. Tokenize the source again with one.", nameof(shards));
            _starts[i + 1] = _starts[i] + _shards[i].Documents;
            Tokens += _shards[i].Tokens;
        }
    }

    /// <summary>Opens shard files, in the order given.</summary>
    public static TokenSource Open(string name, params IEnumerable<string> paths)
    {
        var shards = new List<TokenShard>();
        try
        {
            foreach (string path in paths)
                shards.Add(TokenShard.Open(path));
            return new TokenSource(name, shards);
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    /// <summary>Its name in settings and metrics.</summary>
    public string Name { get; }

    /// <summary>Documents of all shards.</summary>
    public long Documents => _starts[^1];

    /// <summary>Tokens of all shards, without frames.</summary>
    public long Tokens { get; }

    /// <summary>Every token is below this.</summary>
    public int VocabularySize => _shards[0].VocabularySize;

    /// <summary>SHA-256 of the fingerprint of the tokenizer that made the shards.</summary>
    public ReadOnlySpan<byte> Tokenizer => _shards[0].Tokenizer;

    /// <summary>Input positions of a framed document: one less than its framed tokens; 0 for an empty one.</summary>
    internal int Positions(long document, DocumentFrame frame)
    {
        (TokenShard shard, long local) = Find(document);
        int length = shard.Length(local);
        return length == 0 ? 0 : length - 1 + (Needs(shard, local, 0, frame.Begin) ? 1 : 0) + (Needs(shard, local, length - 1, frame.End) ? 1 : 0);
    }

    /// <summary>Copies framed tokens of a document from its framed token <paramref name="start"/> on; there must be so many.</summary>
    internal void Read(long document, int start, Span<int> target, DocumentFrame frame)
    {
        (TokenShard shard, long local) = Find(document);
        int before = Needs(shard, local, 0, frame.Begin) ? 1 : 0;
        if (before > 0 && start == 0)
        {
            target[0] = frame.Begin!.Value;
            target = target[1..];
            start = 1;
        }
        int read = shard.Read(local, start - before, target);
        if (read < target.Length)
            target[read] = frame.End!.Value;
    }

    private static bool Needs(TokenShard shard, long document, int place, int? token)
    {
        if (token is null)
            return false;
        Span<int> found = stackalloc int[1];
        shard.Read(document, place, found);
        return found[0] != token;
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
    public void Dispose()
    {
        foreach (TokenShard shard in _shards)
            shard.Dispose();
    }
}
