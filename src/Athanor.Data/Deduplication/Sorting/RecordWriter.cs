using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Athanor.Data.Deduplication.Sorting;

/// <summary>Writes records as they lie in memory.</summary>
internal sealed unsafe class RecordWriter<T> : IDisposable where T : unmanaged
{
    private const int Slice = 8 << 20;
    private readonly FileStream _stream;
    private readonly T[] _block;
    private int _filled;

    public RecordWriter(string path, int blockRecords = 4096)
    {
        _stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1);
        _block = new T[blockRecords];
    }

    public long Count { get; private set; }

    public void Write(in T record)
    {
        _block[_filled++] = record;
        Count++;
        if (_filled == _block.Length)
            Flush();
    }

    public void Dispose()
    {
        Flush();
        _stream.Dispose();
    }

    public static void WriteAll(string path, T* records, long count)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, preallocationSize: count * sizeof(T));
        long bytes = count * sizeof(T);
        for (long at = 0; at < bytes; at += Slice)
            RandomAccess.Write(file, new ReadOnlySpan<byte>((byte*)records + at, (int)Math.Min(Slice, bytes - at)), at);
    }

    private void Flush()
    {
        _stream.Write(MemoryMarshal.AsBytes(_block.AsSpan(0, _filled)));
        _filled = 0;
    }
}
