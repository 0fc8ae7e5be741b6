using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Athanor.Data.Signals;

/// <summary>Rows of a signals file, one a document, as they are collected or were read.</summary>
public sealed class SignalBlock
{
    private readonly List<uint> _input = [], _output = [], _outcome = [];
    private readonly List<float>[] _columns;

    internal SignalBlock(int columns) => _columns = [.. Enumerable.Range(0, columns).Select(_ => new List<float>())];

    /// <summary>Documents.</summary>
    public int Rows => _input.Count;

    /// <summary>Number of the input file.</summary>
    public int File { get; internal set; }

    internal long InputBase { get; set; }

    internal long KeptBase { get; set; }

    internal long RemovedBase { get; set; }

    /// <summary>The values of a signal, a row each.</summary>
    public ReadOnlySpan<float> Column(int signal) => CollectionsMarshal.AsSpan(_columns[signal]);

    /// <summary>0 where the row's document was kept, else the number of the step that removed it, from 1.</summary>
    public int Outcome(int row) => (int)_outcome[row];

    /// <summary>Where the document's line begins in the file that the steps read.</summary>
    public long InputOffset(int row) => InputBase + _input[row];

    /// <summary>Where the document's line begins in the file of kept or, by its outcome, of removed documents.</summary>
    public long OutputOffset(int row) => (_outcome[row] == 0 ? KeptBase : RemovedBase) + _output[row];

    internal void Add(long input, long output, int outcome, ReadOnlySpan<float> signals)
    {
        _input.Add((uint)input);
        _output.Add((uint)output);
        _outcome.Add((uint)outcome);
        for (int i = 0; i < _columns.Length; i++)
            _columns[i].Add(signals[i]);
    }

    internal static byte[] Header(SignalNames names)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(names, SignalNames.Json);
        int length = (json.Length + 7) / 8 * 8;
        byte[] header = new byte[SignalFile.HeaderBytes + length];
        header.AsSpan().Fill((byte)' ');
        SignalFile.Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), SignalFile.Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), length);
        json.CopyTo(header, SignalFile.HeaderBytes);
        return header;
    }

    internal void Write(Stream stream)
    {
        Span<byte> header = stackalloc byte[SignalFile.BlockHeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, Rows);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], File);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], InputBase);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], KeptBase);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], RemovedBase);
        stream.Write(header);
        foreach (List<uint> list in (ReadOnlySpan<List<uint>>)[_input, _output, _outcome])
            stream.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(list)));
        foreach (List<float> column in _columns)
            stream.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(column)));
    }

    /// <summary>The next block, or null at the end.</summary>
    internal static SignalBlock? Read(Stream stream, int columns)
    {
        byte[] header = new byte[SignalFile.BlockHeaderBytes];
        int read = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (read == 0)
            return null;
        int rows = read < header.Length ? -1 : BinaryPrimitives.ReadInt32LittleEndian(header);
        if (rows < 0 || (stream.CanSeek && rows * (12L + 4L * columns) > stream.Length - stream.Position))
            throw new InvalidDataException("it is cut off within a block");
        var block = new SignalBlock(columns)
        {
            File = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4)),
            InputBase = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(8)),
            KeptBase = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(16)),
            RemovedBase = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(24)),
        };
        foreach (List<uint> list in (ReadOnlySpan<List<uint>>)[block._input, block._output, block._outcome])
            Fill(stream, list, rows);
        foreach (List<float> column in block._columns)
            Fill(stream, column, rows);
        return block;
    }

    private static void Fill<T>(Stream stream, List<T> list, int rows) where T : unmanaged
    {
        CollectionsMarshal.SetCount(list, rows);
        stream.ReadExactly(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(list)));
    }
}
