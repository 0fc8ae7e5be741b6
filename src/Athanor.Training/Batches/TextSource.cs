using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Shards;
using Athanor.Tokenizers;

namespace Athanor.Training.Batches;

/// <summary>
/// Documents of one JSON Lines file, tokenized when a row needs them: training begins at once, and another tokenizer costs no shards. The tokens are those that shards would hold. A document is kept until
/// some thousand others came, since it is asked for twice: for its length, and for its tokens. Not for several threads.
/// </summary>
public sealed class TextSource : TokenSource
{
    private const int Kept = 4096, Sampled = 256;
    private readonly DocumentIndex _index;
    private readonly Tokenizer _tokenizer;
    private readonly byte[] _fingerprint;
    private readonly Dictionary<long, int[]> _tokens = [];
    private readonly Queue<long> _order = new();
    private readonly TokenBuffer _buffer = new();

    /// <summary>A source over a file.</summary>
    /// <param name="path">A file that <see cref="DocumentFile"/> reads, not packed.</param>
    public TextSource(string name, string path, Tokenizer tokenizer) : base(name)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        (_tokenizer, _fingerprint) = (tokenizer, TokenizerFingerprint.Of(tokenizer));
        _index = DocumentIndex.Open(path);
        long count = Math.Min(Sampled, _index.Count), tokens = 0, bytes = 0;
        for (long i = 0; i < count; i++)
        {
            long document = i * _index.Count / count;
            tokens += Of(document).Length;
            bytes += Encoding.UTF8.GetByteCount(_index.Read(document).Text);
        }
        Tokens = count == 0 ? 0 : (long)Math.Round(tokens / (double)count * _index.Count);
        Bytes = count == 0 ? 0 : (long)Math.Round(bytes / (double)count * _index.Count);
    }

    /// <inheritdoc/>
    public override long Documents => _index.Count;

    /// <summary>Estimated from 256 documents that lie evenly over the file.</summary>
    public override long Tokens { get; }

    /// <summary>UTF-8 bytes of the text, estimated in the same way.</summary>
    public long Bytes { get; }

    /// <inheritdoc/>
    public override int VocabularySize => _tokenizer.VocabularySize;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Tokenizer => _fingerprint;

    /// <summary>UTF-8 bytes and code points of all documents, counted.</summary>
    public (long Bytes, long Characters) Count()
    {
        long bytes = 0, characters = 0;
        for (long i = 0; i < _index.Count; i++)
        {
            string text = _index.Read(i).Text;
            bytes += Encoding.UTF8.GetByteCount(text);
            foreach (Rune _ in text.EnumerateRunes())
                characters++;
        }
        return (bytes, characters);
    }

    /// <inheritdoc/>
    protected override int Length(long document) => Of(document).Length;

    /// <inheritdoc/>
    protected override int Copy(long document, int start, Span<int> target)
    {
        ReadOnlySpan<int> tokens = Of(document).AsSpan(start);
        int count = Math.Min(tokens.Length, target.Length);
        tokens[..count].CopyTo(target);
        return count;
    }

    private int[] Of(long document)
    {
        if (_tokens.TryGetValue(document, out int[]? tokens))
            return tokens;
        _buffer.Clear();
        _tokenizer.Encode(Encoding.UTF8.GetBytes(_index.Read(document).Text), _buffer);
        tokens = _buffer.Ids.ToArray();
        _tokens.Add(document, tokens);
        _order.Enqueue(document);
        if (_order.Count > Kept)
            _tokens.Remove(_order.Dequeue());
        return tokens;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _index.Dispose();
}
