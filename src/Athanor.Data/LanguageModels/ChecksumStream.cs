using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Athanor.Runs.Files;

namespace Athanor.Data.LanguageModels;

/// <summary>Writes little-endian numbers and ends with the CRC-32C of all of them.</summary>
internal sealed class ChecksumWriter(Stream stream) : IDisposable
{
    private readonly BufferedStream _stream = new(stream, 1 << 20);
    private uint _checksum;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _checksum = Crc32C.Append(_checksum, bytes);
        _stream.Write(bytes);
    }

    public void Write(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Write(bytes);
    }

    public void Write(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(bytes);
    }

    /// <summary>Arrays of more bytes than a span holds.</summary>
    public void WriteLong<T>(T[] values)
        where T : unmanaged
    {
        for (int at = 0; at < values.Length; at += 1 << 20)
            Write(MemoryMarshal.AsBytes(values.AsSpan(at, Math.Min(1 << 20, values.Length - at))));
    }

    public void End() => Write(_checksum);

    public void Dispose() => _stream.Flush();
}

/// <summary>Reads what <see cref="ChecksumWriter"/> wrote.</summary>
internal sealed class ChecksumReader(string path, Stream stream, string kind = "n-gram model")
{
    private uint _checksum;

    public void Read(Span<byte> bytes)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw Damaged("it is cut off");
        _checksum = Crc32C.Append(_checksum, bytes);
    }

    public uint UInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Read(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong UInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Read(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public void ReadLong<T>(T[] values)
        where T : unmanaged
    {
        for (int at = 0; at < values.Length; at += 1 << 20)
            Read(MemoryMarshal.AsBytes(values.AsSpan(at, Math.Min(1 << 20, values.Length - at))));
    }

    /// <summary>A count that the rest of the file can hold: nothing is allocated on the word of a damaged file.</summary>
    public long Bounded(long count, int bytes) => count >= 0 && count <= (stream.Length - stream.Position) / bytes && count <= Array.MaxLength ? count : throw Damaged("it is cut off");

    public void End()
    {
        uint computed = _checksum;
        if (UInt32() != computed)
            throw Damaged("its checksum does not match");
        if (stream.Position != stream.Length)
            throw Damaged("there is something behind its end");
    }

    public InvalidDataException Damaged(string what) => new($"{path} is no {kind} that can be read: {what}. Train the model again.");
}
