using Athanor.Tensors.Memory;

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
    private readonly MappedFile _file;

    private SafetensorsFile(string path, MappedFile file)
    {
        (Path, _file) = (path, file);
        try
        {
            // A header needs eight bytes.
            long header = SafetensorsHeader.HeaderLength(file.Length < sizeof(ulong) ? [] : file.Beginning[..sizeof(ulong)], file.Length, path);
            Header = SafetensorsHeader.Parse(file.Beginning[..(int)(sizeof(ulong) + header)], file.Length, path);
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
        MappedFile? file = MappedFile.Open(path);
        if (file is null)
            SafetensorsHeader.HeaderLength([], 0, path);
        return new SafetensorsFile(path, file!);
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
        ObjectDisposedException.ThrowIf(_file.IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, entry.Length - length);
        // An entry of another file must not reach beyond this one.
        if (!ReferenceEquals(Header.Find(entry.Name), entry))
            throw new SafetensorsException(Path, entry.Name, "this entry belongs to another file.", "Take entries from the file they are read from.");
        return new ReadOnlySpan<byte>(_file.Start + Header.DataStart + entry.Begin + offset, length);
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

    public void Dispose() => _file.Dispose();
}
