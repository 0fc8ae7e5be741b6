using System.IO.MemoryMappedFiles;

namespace Athanor.Tensors.Safetensors;

/// <summary>
/// A safetensors file mapped into memory: opening reads and checks the header only, tensors are spans over the file's pages without a copy.
/// </summary>
/// <remarks>
/// Spans are valid until the file is disposed. As with every mapped file, another process that truncates it meanwhile ends this one;
/// files replaced by renaming, as <see cref="SafetensorsWriter"/> does, keep their old contents here.
/// </remarks>
public sealed unsafe partial class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    private SafetensorsFile(string path, MemoryMappedFile mapping, MemoryMappedViewAccessor view, long length)
    {
        Path = path;
        _mapping = mapping;
        _view = view;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += view.PointerOffset;
        try
        {
            long header = SafetensorsHeader.HeaderLength(new ReadOnlySpan<byte>(_start, sizeof(ulong)), length, path);
            Header = SafetensorsHeader.Parse(new ReadOnlySpan<byte>(_start, (int)(sizeof(ulong) + header)), length, path);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file's path as given.</summary>
    public string Path { get; }

    /// <summary>The checked header.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => Header.Entries;

    /// <summary>Maps a file and checks its header.</summary>
    /// <exception cref="SafetensorsException">The file breaks a rule of the format.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SafetensorsFile Open(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        long length = stream.Length;
        // An empty mapping is an error of the system; a header needs eight bytes anyway.
        if (length < sizeof(ulong))
            SafetensorsHeader.HeaderLength([], length, path);
        MemoryMappedFile mapping = MemoryMappedFile.CreateFromFile(stream, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        MemoryMappedViewAccessor view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        return new SafetensorsFile(path, mapping, view, length);
    }

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="SafetensorsException">The file has none.</exception>
    public SafetensorsEntry this[string name] => Header.Find(name)
        ?? throw new SafetensorsException(Path, name, $"the file has no such tensor; it has {Entries.Count}, the first is '{(Entries.Count > 0 ? SafetensorsException.Printable(Entries[0].Name) : "")}'.", "Check the name.");

    /// <summary>The bytes of a tensor, little-endian, row-major, in place.</summary>
    public ReadOnlySpan<byte> Bytes(SafetensorsEntry entry) => entry.Length <= int.MaxValue
        ? Bytes(entry, 0, (int)entry.Length)
        : throw new SafetensorsException(Path, entry.Name, $"its {entry.Length:N0} bytes do not fit in one span.", "Read it in parts.");

    /// <summary>A part of the bytes of a tensor.</summary>
    /// <param name="offset">First byte, from the start of the tensor.</param>
    public ReadOnlySpan<byte> Bytes(SafetensorsEntry entry, long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, entry.Length - length);
        // An entry of another file must not reach beyond this one.
        if (!ReferenceEquals(Header.Find(entry.Name), entry))
            throw new SafetensorsException(Path, entry.Name, "this entry belongs to another file.", "Take entries from the file they are read from.");
        return new ReadOnlySpan<byte>(_start + Header.DataStart + entry.Begin + offset, length);
    }

    /// <summary>Reads elements as fp32; F32 and BF16 and F16 exactly, F64 rounded.</summary>
    /// <param name="first">First element, row-major.</param>
    /// <param name="target">As many elements as it holds are read.</param>
    /// <exception cref="SafetensorsException">The type is not one that converts.</exception>
    public void ReadSingles(SafetensorsEntry entry, long first, Span<float> target)
    {
        if (!entry.Type.IsConvertible())
            throw new SafetensorsException(Path, entry.Name, $"{entry.Type} is not converted to fp32.", "Read its bytes, or save it as F32, BF16, F16 or F64.");
        int size = entry.Type.Bits() / 8, most = int.MaxValue / size;
        for (int done = 0; done < target.Length; done += most)
        {
            int count = Math.Min(most, target.Length - done);
            ElementConversion.ToSingles(entry.Type, Bytes(entry, checked((first + done) * size), count * size), target.Slice(done, count));
        }
    }

    /// <summary>All elements as fp32 in a new array.</summary>
    public float[] ReadSingles(string name)
    {
        SafetensorsEntry entry = this[name];
        // The length in the header was checked against the file, so a small file cannot ask for a large array.
        var values = new float[entry.Count];
        ReadSingles(entry, 0, values);
        return values;
    }

    public void Dispose()
    {
        if (_start == null)
            return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
    }
}
