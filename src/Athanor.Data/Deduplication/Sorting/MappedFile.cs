using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Athanor.Data.Deduplication.Sorting;

/// <summary>A file that is read at any place: the system's page cache holds what it has room for, this process nothing.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;

    public MappedFile(string path)
    {
        Length = new FileInfo(path).Length;
        if (Length == 0)
            return;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        Pointer = pointer + _view.PointerOffset;
    }

    public byte* Pointer { get; }

    public long Length { get; }

    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)offset + (ulong)length, (ulong)Length, nameof(offset));
        return new ReadOnlySpan<byte>(Pointer + offset, length);
    }

    public ReadOnlySpan<T> Span<T>(long offset, int count) where T : unmanaged => MemoryMarshal.Cast<byte, T>(Span(offset, count * sizeof(T)));

    public T Read<T>(long offset) where T : unmanaged => MemoryMarshal.Read<T>(Span(offset, sizeof(T)));

    public void Dispose()
    {
        if (_view is null)
            return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file!.Dispose();
    }
}
