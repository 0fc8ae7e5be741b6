using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Athanor.Runs.Files;

namespace Athanor.Data.Shards;

/// <summary>How far a shard is.</summary>
/// <param name="Documents">Documents in it.</param>
/// <param name="Tokens">Their tokens.</param>
internal sealed record ShardPlace(long Documents, long Tokens);

/// <summary>
/// Writes a token shard. Tokens stream to a temporary file beside it, so memory holds the document index only; <see cref="Complete"/> puts header and
/// index in front and gives the file its name. A writer that is disposed before leaves nothing behind, unless its place was saved: then another goes on from there.
/// </summary>
public sealed class TokenShardWriter : IDisposable
{
    private readonly string _path, _body, _temporary, _index;
    private readonly int _vocabularySize, _tokenBytes;
    private readonly byte[] _tokenizer;
    private readonly List<long> _starts = [0];
    private readonly byte[] _buffer = new byte[1 << 18];
    private FileStream? _tokens;
    private int _buffered, _saved;
    private long _count;

    /// <summary>A writer of <paramref name="path"/>.</summary>
    /// <param name="tokenizer">SHA-256 of the tokenizer's fingerprint, 32 bytes: shards of different tokenizers do not mix.</param>
    public TokenShardWriter(string path, int vocabularySize, ReadOnlySpan<byte> tokenizer)
        : this(path, vocabularySize, tokenizer, FileMode.Create)
    {
    }

    private TokenShardWriter(string path, int vocabularySize, ReadOnlySpan<byte> tokenizer, FileMode mode)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 1);
        if (tokenizer.Length != ShardHeader.TokenizerBytes)
            throw new ArgumentException($"The tokenizer is named by a SHA-256 of {ShardHeader.TokenizerBytes} bytes; {tokenizer.Length} were given.", nameof(tokenizer));
        _path = path;
        _body = BodyOf(path);
        _temporary = path + ".part";
        _index = IndexOf(path);
        _vocabularySize = vocabularySize;
        _tokenBytes = ShardHeader.BytesFor(vocabularySize);
        _tokenizer = tokenizer.ToArray();
        _tokens = new FileStream(_body, mode, FileAccess.ReadWrite, FileShare.None, 1);
    }

    /// <summary>Goes on behind what another writer has saved.</summary>
    internal TokenShardWriter(string path, int vocabularySize, ReadOnlySpan<byte> tokenizer, ShardPlace place)
        : this(path, vocabularySize, tokenizer, FileMode.OpenOrCreate)
    {
        byte[] index = new byte[(place.Documents + 1) * sizeof(long)];
        using (FileStream file = new(_index, FileMode.Open, FileAccess.Read, FileShare.Read, 1))
            file.ReadExactly(index);
        _starts.Clear();
        for (int at = 0; at < index.Length; at += sizeof(long))
            _starts.Add(BinaryPrimitives.ReadInt64LittleEndian(index.AsSpan(at)));
        (_saved, _count) = (_starts.Count, place.Tokens);
        _tokens!.SetLength(_count * _tokenBytes);
        _tokens.Position = _tokens.Length;
    }

    /// <summary>Documents written.</summary>
    public long Documents => _starts.Count - 1;

    /// <summary>Tokens written.</summary>
    public long Tokens => _count;

    /// <summary>Adds a document; an empty one is kept, so that documents keep their numbers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    public void Add(ReadOnlySpan<int> document)
    {
        ObjectDisposedException.ThrowIf(_tokens is null, this);
        foreach (int token in document)
        {
            if ((uint)token >= (uint)_vocabularySize)
                throw new ArgumentOutOfRangeException(nameof(document), token, $"Document {Documents} has a token that is not in the vocabulary of {_vocabularySize}.");
            if (_buffered + _tokenBytes > _buffer.Length)
                Flush();
            if (_tokenBytes == 2)
                BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_buffered), (ushort)token);
            else
                BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_buffered), token);
            _buffered += _tokenBytes;
        }
        _count += document.Length;
        _starts.Add(_count);
    }

    /// <summary>Whether what lies beside a shard reaches to a place.</summary>
    internal static bool Holds(string path, int vocabularySize, ShardPlace place)
    {
        if (new FileInfo(BodyOf(path)) is not { Exists: true } body || body.Length < place.Tokens * ShardHeader.BytesFor(vocabularySize)
            || new FileInfo(IndexOf(path)) is not { Exists: true } index || index.Length < (place.Documents + 1) * sizeof(long))
            return false;
        using FileStream file = new(IndexOf(path), FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        byte[] last = new byte[sizeof(long)];
        file.Position = place.Documents * sizeof(long);
        file.ReadExactly(last);
        return BinaryPrimitives.ReadInt64LittleEndian(last) == place.Tokens;
    }

    /// <summary>Removes what another writer would go on from.</summary>
    internal static void Forget(string path)
    {
        File.Delete(BodyOf(path));
        File.Delete(IndexOf(path));
    }

    /// <summary>Puts what was added on the disk, so that another writer can go on from here.</summary>
    internal ShardPlace Save()
    {
        ObjectDisposedException.ThrowIf(_tokens is null, this);
        Flush();
        _tokens.Flush(flushToDisk: true);
        using FileStream file = new(_index, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1 << 16);
        file.Position = (long)_saved * sizeof(long);
        Span<byte> number = stackalloc byte[sizeof(long)];
        foreach (long start in CollectionsMarshal.AsSpan(_starts)[_saved..])
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, start);
            file.Write(number);
        }
        file.Flush(flushToDisk: true);
        _saved = _starts.Count;
        return new ShardPlace(Documents, Tokens);
    }

    /// <summary>Finishes the file; it appears under its name whole or not at all.</summary>
    public void Complete(CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(_tokens is null, this);
        Flush();
        var header = new ShardHeader(_tokenBytes, Documents, _count, _vocabularySize, _tokenizer);
        using (var file = new FileStream(_temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        {
            file.Write(header.ToBytes());
            var body = new BlockWriter(file);
            Span<byte> number = stackalloc byte[sizeof(long)];
            foreach (long start in _starts)
            {
                BinaryPrimitives.WriteInt64LittleEndian(number, start);
                body.Write(number);
            }
            body.Pad();
            _tokens.Position = 0;
            for (int read; (read = _tokens.Read(_buffer)) > 0;)
            {
                cancel.ThrowIfCancellationRequested();
                body.Write(_buffer.AsSpan(0, read));
            }
            body.Pad();
            file.Write(MemoryMarshal.AsBytes<uint>(body.Finish()));
            file.Flush(flushToDisk: true);
        }
        _tokens.Dispose();
        _tokens = null;
        // Until the place behind this shard is noted, a killed run goes on within it.
        if (_saved == 0)
            File.Delete(_body);
        File.Move(_temporary, _path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_tokens is null)
            return;
        _tokens.Dispose();
        _tokens = null;
        if (_saved == 0)
            File.Delete(_body);
        File.Delete(_temporary);
    }

    private static string BodyOf(string path) => path + ".tokens.part";

    private static string IndexOf(string path) => path + ".starts.part";

    private void Flush()
    {
        _tokens!.Write(_buffer.AsSpan(0, _buffered));
        _buffered = 0;
    }

    // Writes the body and takes a checksum of every block on the way.
    private sealed class BlockWriter(Stream file)
    {
        private readonly List<uint> _checksums = [];
        private uint _checksum;
        private int _inBlock;
        private long _written;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            file.Write(bytes);
            _written += bytes.Length;
            while (!bytes.IsEmpty)
            {
                int part = Math.Min(bytes.Length, ShardHeader.BlockBytes - _inBlock);
                _checksum = Crc32C.Append(_checksum, bytes[..part]);
                bytes = bytes[part..];
                if ((_inBlock += part) == ShardHeader.BlockBytes)
                    EndBlock();
            }
        }

        public void Pad()
        {
            Span<byte> zeros = stackalloc byte[ShardHeader.Alignment];
            zeros.Clear();
            Write(zeros[..(int)(ShardHeader.Aligned(_written) - _written)]);
        }

        public uint[] Finish()
        {
            if (_inBlock > 0)
                EndBlock();
            return [.. _checksums];
        }

        private void EndBlock()
        {
            _checksums.Add(_checksum);
            (_checksum, _inBlock) = (0, 0);
        }
    }
}
