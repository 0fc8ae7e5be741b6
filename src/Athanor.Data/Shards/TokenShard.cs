using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using Athanor.Runs.Files;

namespace Athanor.Data.Shards;

/// <summary>
/// A token shard, memory-mapped: opening costs nothing, documents are read where they lie, and each block of the file is compared with its
/// checksum when it is first touched. Safe for use by many threads.
/// </summary>
public sealed unsafe class TokenShard : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly ShardHeader _header;
    private readonly byte* _bytes;
    private readonly bool[] _verified;

    private TokenShard(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, ShardHeader header, byte* bytes)
    {
        Path = path;
        _file = file;
        _view = view;
        _header = header;
        _bytes = bytes;
        _verified = new bool[header.Blocks];
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Documents.</summary>
    public long Documents => _header.Documents;

    /// <summary>Tokens.</summary>
    public long Tokens => _header.Tokens;

    /// <summary>Every token is below this.</summary>
    public int VocabularySize => _header.VocabularySize;

    /// <summary>SHA-256 of the fingerprint of the tokenizer that made the tokens.</summary>
    public ReadOnlySpan<byte> Tokenizer => _header.Tokenizer.Span;

    /// <summary>Opens a shard.</summary>
    /// <exception cref="ShardException">The file is no shard, cut off or corrupt.</exception>
    public static TokenShard Open(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> start = stackalloc byte[ShardHeader.Length];
        int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        ShardHeader header = ShardHeader.Parse(path, start[..read], stream.Length);
        MemoryMappedFile file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        MemoryMappedViewAccessor? view = null;
        try
        {
            view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            byte* bytes = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref bytes);
            return new TokenShard(path, file, view, header, bytes + view.PointerOffset);
        }
        catch
        {
            view?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>The number of tokens of a document.</summary>
    public int Length(long document)
    {
        (long start, long end) = Range(document);
        return (int)Math.Min(int.MaxValue, end - start);
    }

    /// <summary>The number, in the shard, of a document's first token.</summary>
    public long Start(long document) => Range(document).Start;

    /// <summary>The document that a token of the shard belongs to.</summary>
    public long DocumentOf(long token)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)token, (ulong)Tokens, nameof(token));
        // The first document that ends behind the token: empty ones hold none.
        long low = 0, high = Documents - 1;
        while (low < high)
        {
            long middle = low + (high - low) / 2;
            (low, high) = Range(middle).End > token ? (low, middle) : (middle + 1, high);
        }
        return low;
    }

    /// <summary>Copies tokens of a document, from its token <paramref name="start"/> on, as far as they and the target reach.</summary>
    /// <returns>The number of tokens copied.</returns>
    public int Read(long document, long start, Span<int> target)
    {
        (long first, long end) = Range(document);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)start, (ulong)(end - first), nameof(start));
        return Copy(first + start, (int)Math.Min(target.Length, end - first - start), target);
    }

    /// <summary>Copies tokens of the shard as one stream, whatever document they are of.</summary>
    public int ReadStream(long start, Span<int> target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)start, (ulong)Tokens, nameof(start));
        return Copy(start, (int)Math.Min(target.Length, Tokens - start), target);
    }

    /// <summary>Compares every block with its checksum.</summary>
    /// <exception cref="ShardException">A block is corrupt; the message gives its place.</exception>
    public void Verify(CancellationToken cancel = default)
    {
        for (long block = 0; block < _header.Blocks; block++)
        {
            cancel.ThrowIfCancellationRequested();
            VerifyBlock(block);
        }
    }

    private int Copy(long first, int count, Span<int> target)
    {
        long at = _header.TokensAt + first * _header.TokenBytes;
        Touch(at, (long)count * _header.TokenBytes);
        if (_header.TokenBytes == 4)
        {
            new ReadOnlySpan<int>(_bytes + at, count).CopyTo(target);
            return count;
        }
        var source = (ushort*)(_bytes + at);
        for (int i = 0; i < count; i++)
            target[i] = source[i];
        return count;
    }

    private (long Start, long End) Range(long document)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)document, (ulong)Documents, nameof(document));
        long at = ShardHeader.Length + document * sizeof(long);
        Touch(at, 2 * sizeof(long));
        long start = *(long*)(_bytes + at), end = *(long*)(_bytes + at + sizeof(long));
        return start >= 0 && start <= end && end <= Tokens ? (start, end) : throw new ShardException(Path, $"the index entry of document {document} is impossible. Tokenize again.");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Touch(long at, long length)
    {
        ObjectDisposedException.ThrowIf(_view.SafeMemoryMappedViewHandle.IsClosed, this);
        if (length == 0)
            return;
        for (long block = (at - ShardHeader.Length) / ShardHeader.BlockBytes; block <= (at + length - 1 - ShardHeader.Length) / ShardHeader.BlockBytes; block++)
        {
            if (!_verified[block])
                VerifyBlock(block);
        }
    }

    // Two threads may verify the same block; both come to the same end.
    private void VerifyBlock(long block)
    {
        long at = block * ShardHeader.BlockBytes;
        int length = (int)Math.Min(ShardHeader.BlockBytes, _header.BodyBytes - at);
        uint expected = *(uint*)(_bytes + ShardHeader.Length + _header.BodyBytes + block * sizeof(uint));
        uint found = Crc32C.Of(new ReadOnlySpan<byte>(_bytes + ShardHeader.Length + at, length));
        if (expected != found)
            throw new ShardException(Path, FormattableString.Invariant($"block {block} (bytes {ShardHeader.Length + at} to {ShardHeader.Length + at + length - 1}) has the checksum {found:x8}, not {expected:x8}. The file is corrupt; tokenize again (`athanor run --verify` makes damaged artifacts anew)."));
        _verified[block] = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_view.SafeMemoryMappedViewHandle.IsClosed)
            return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
