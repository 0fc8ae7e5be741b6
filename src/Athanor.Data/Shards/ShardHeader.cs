using System.Buffers.Binary;
using Athanor.Runs.Files;

namespace Athanor.Data.Shards;

/// <summary>
/// The layout of a token shard, little-endian:
/// <code>
/// 0    8  "ATHSHARD"
/// 8    4  version, 1
/// 12   4  bytes of a token: 2 where the vocabulary has at most 65,536 ids, else 4
/// 16   8  documents N
/// 24   8  tokens M
/// 32   4  vocabulary size; every token is below it
/// 36  32  SHA-256 of the tokenizer's fingerprint
/// 68  56  zeros
/// 124  4  CRC-32C of bytes 0 to 123
/// 128     document index: N + 1 u64, the first token of each document and M; padded with zeros to a multiple of 64
/// ...     tokens; padded with zeros to a multiple of 64
/// ...     CRC-32C (u32) of each block of 1 MiB of index and tokens with their padding; the last block may be shorter
/// </code>
/// </summary>
internal readonly record struct ShardHeader(int TokenBytes, long Documents, long Tokens, int VocabularySize, ReadOnlyMemory<byte> Tokenizer)
{
    public const int Length = 128, BlockBytes = 1 << 20, Alignment = 64, TokenizerBytes = 32;
    private const int Version = 1, ChecksumAt = Length - sizeof(uint);
    private static ReadOnlySpan<byte> Magic => "ATHSHARD"u8;

    public long IndexBytes => Aligned((Documents + 1) * sizeof(ulong));

    public long TokensAt => Length + IndexBytes;

    public long BodyBytes => IndexBytes + Aligned(Tokens * TokenBytes);

    public long Blocks => (BodyBytes + BlockBytes - 1) / BlockBytes;

    public long FileBytes => Length + BodyBytes + Blocks * sizeof(uint);

    public static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    public static int BytesFor(int vocabularySize) => vocabularySize <= 1 << 16 ? 2 : 4;

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), TokenBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Documents);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Tokens);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(32), VocabularySize);
        Tokenizer.Span.CopyTo(bytes.AsSpan(36, TokenizerBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(ChecksumAt), Crc32C.Of(bytes.AsSpan(0, ChecksumAt)));
        return bytes;
    }

    /// <summary>Reads a header and compares the file's length with what it promises.</summary>
    public static ShardHeader Parse(string path, ReadOnlySpan<byte> bytes, long fileLength)
    {
        if (bytes.Length < Length || !bytes.StartsWith(Magic))
            throw new ShardException(path, "this is no token shard (it does not begin with ATHSHARD). Give a file that tokenization wrote.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]) != Crc32C.Of(bytes[..ChecksumAt]))
            throw new ShardException(path, "the checksum of the header does not match. The file is corrupt; tokenize again.");
        int version = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (version != Version)
            throw new ShardException(path, $"its version is {version}; this program reads {Version}.");
        var header = new ShardHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]), bytes.Slice(36, TokenizerBytes).ToArray());
        const long most = 1L << 56;
        if (header.TokenBytes is not (2 or 4) || header.Documents is < 0 or > most || header.Tokens is < 0 or > most || header.VocabularySize < 1)
            throw new ShardException(path, "its header is impossible. The file is corrupt; tokenize again.");
        if (header.FileBytes != fileLength)
            throw new ShardException(path, $"it has {fileLength} bytes; its header promises {header.FileBytes}. The file is cut off; tokenize again.");
        return header;
    }
}
