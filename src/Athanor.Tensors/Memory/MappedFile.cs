using System.IO.MemoryMappedFiles;

namespace Athanor.Tensors.Memory;

/// <summary>A file mapped into memory for reading: its pages come from the disk as they are touched.</summary>
/// <remarks>
/// It has no finalizer of its own: spans over the pages do not keep it, so a file that is forgotten stays mapped, and spans stay good. An owner whose addresses do keep
/// it, as packed matrices keep theirs, calls <see cref="Release"/> from its finalizer.
/// </remarks>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    private MappedFile(MemoryMappedFile mapping, long length)
    {
        (_mapping, Length) = (mapping, length);
        _view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>Whether it was disposed.</summary>
    public bool IsClosed => _start == null;

    /// <summary>The first byte; null once it was disposed.</summary>
    public byte* Start => _start;

    /// <summary>Maps a file; null for an empty one, which systems do not map.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static MappedFile? Open(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        long length = stream.Length;
        return length == 0 ? null : new MappedFile(MemoryMappedFile.CreateFromFile(stream, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false), length);
    }

    /// <summary>The first bytes, as many as a span can hold.</summary>
    public ReadOnlySpan<byte> Beginning => new(_start, (int)Math.Min(Length, int.MaxValue));

    /// <summary>Lets go of the pages; all that a finalizer may do, for the handles have finalizers of their own.</summary>
    public void Release()
    {
        if (_start == null)
            return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
    }

    public void Dispose()
    {
        Release();
        _view.Dispose();
        _mapping.Dispose();
    }
}
