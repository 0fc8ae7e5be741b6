using Athanor.Data.Shards;

namespace Athanor.Training.Batches;

/// <summary>Documents of one source by number, as tokens: in shards (<see cref="ShardSource"/>) or tokenized when they are needed (<see cref="TextSource"/>).</summary>
public abstract class TokenSource : IDisposable
{
    private protected TokenSource(string name) => Name = name;

    /// <summary>Opens shard files, in the order given.</summary>
    public static TokenSource Open(string name, params IEnumerable<string> paths)
    {
        var shards = new List<TokenShard>();
        try
        {
            foreach (string path in paths)
                shards.Add(TokenShard.Open(path));
            return new ShardSource(name, shards);
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    /// <summary>Its name in settings and metrics.</summary>
    public string Name { get; }

    /// <summary>Documents.</summary>
    public abstract long Documents { get; }

    /// <summary>Tokens of all documents, without frames; estimated where they are tokenized on the way.</summary>
    public abstract long Tokens { get; }

    /// <summary>Every token is below this.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>SHA-256 of the fingerprint of the tokenizer that made the tokens.</summary>
    public abstract ReadOnlySpan<byte> Tokenizer { get; }

    /// <summary>Tokens of a document.</summary>
    protected abstract int Length(long document);

    /// <summary>Copies tokens of a document from its token <paramref name="start"/> on, as far as they and the target reach; returns how many.</summary>
    protected abstract int Copy(long document, int start, Span<int> target);

    /// <summary>Input positions of a framed document: one less than its framed tokens; 0 for an empty one.</summary>
    internal int Positions(long document, DocumentFrame frame)
    {
        int length = Length(document);
        return length == 0 ? 0 : length - 1 + (Needs(document, 0, frame.Begin) ? 1 : 0) + (Needs(document, length - 1, frame.End) ? 1 : 0);
    }

    /// <summary>Copies framed tokens of a document from its framed token <paramref name="start"/> on; there must be so many.</summary>
    internal void Read(long document, int start, Span<int> target, DocumentFrame frame)
    {
        int before = Needs(document, 0, frame.Begin) ? 1 : 0;
        if (before > 0 && start == 0)
        {
            target[0] = frame.Begin!.Value;
            target = target[1..];
            start = 1;
        }
        int read = Copy(document, start - before, target);
        if (read < target.Length)
            target[read] = frame.End!.Value;
    }

    private bool Needs(long document, int place, int? token)
    {
        if (token is null)
            return false;
        Span<int> found = stackalloc int[1];
        Copy(document, place, found);
        return found[0] != token;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes files.</summary>
    protected abstract void Dispose(bool disposing);
}
