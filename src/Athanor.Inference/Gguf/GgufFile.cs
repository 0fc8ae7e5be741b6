using System.IO.MemoryMappedFiles;
using Athanor.Models;
using Athanor.Tensors.Blocks;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Gguf;

/// <summary>A GGUF file mapped into memory: opening reads and checks the header only, tensors stay where they are (github.com/ggml-org/ggml, docs/gguf.md).</summary>
/// <remarks>Addresses and spans are valid until the file is disposed; packed matrices over it keep it alive.</remarks>
public sealed unsafe partial class GgufFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly GgufHeader _header;
    private readonly int _headerLength;
    private byte* _start;

    private GgufFile(string path, MemoryMappedFile mapping, MemoryMappedViewAccessor view, long length)
    {
        Source = path;
        _mapping = mapping;
        _view = view;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += view.PointerOffset;
        try
        {
            _headerLength = (int)Math.Min(length, int.MaxValue);
            _header = GgufHeader.Parse(new ReadOnlySpan<byte>(_start, _headerLength), length, path);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Source { get; }

    /// <summary>The version of the format: 2 or 3.</summary>
    public int Version => (int)_header.Version;

    /// <summary>Multiple at which tensors begin, bytes.</summary>
    public int Alignment => _header.Alignment;

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<GgufTensor> Tensors => _header.Tensors;

    /// <summary>The keys of the metadata in the file's order.</summary>
    public IReadOnlyList<string> Keys => _header.Keys;

    /// <summary>Maps a file and checks its header.</summary>
    /// <exception cref="ModelFormatException">The file breaks a rule of the format; the message names the key or tensor.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static GgufFile Open(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        long length = stream.Length;
        if (length == 0)
            throw new ModelFormatException(path, "magic", "the file is empty.");
        MemoryMappedFile mapping = MemoryMappedFile.CreateFromFile(stream, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        MemoryMappedViewAccessor view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        return new GgufFile(path, mapping, view, length);
    }

    /// <summary>Whether a file begins as GGUF files do.</summary>
    public static bool IsGguf(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[4];
        return file.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && magic.SequenceEqual("GGUF"u8);
    }

    /// <summary>The tensor of a name; null where the file has none.</summary>
    public GgufTensor? Find(string name) => _header.Find(name);

    /// <summary>Where a tensor's bytes begin.</summary>
    public nint Address(GgufTensor tensor)
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        return ReferenceEquals(Find(tensor.Name), tensor) ? (nint)(_start + _header.DataStart + tensor.Offset) : throw new ArgumentException($"The tensor {tensor} belongs to another file.", nameof(tensor));
    }

    /// <summary>Bytes of a tensor.</summary>
    /// <param name="offset">The first, from the start of the tensor.</param>
    public ReadOnlySpan<byte> Bytes(GgufTensor tensor, long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.Length - length);
        return new ReadOnlySpan<byte>((byte*)Address(tensor) + offset, length);
    }

    /// <summary>Reads whole rows as fp32.</summary>
    /// <param name="row">The first row.</param>
    /// <param name="target">A whole number of rows.</param>
    /// <exception cref="ModelFormatException">The type is not one that is decoded.</exception>
    public void ReadRows(GgufTensor tensor, long row, Span<float> target)
    {
        BlockFormat format = FormatOf(tensor);
        int columns = checked((int)tensor.Columns), bytes = checked((int)format.RowBytes(columns));
        for (int done = 0; done < target.Length; done += columns, row++)
            BlockCodec.DecodeRow(format, Bytes(tensor, row * bytes, bytes), target.Slice(done, columns));
    }

    /// <summary>How a tensor's rows are decoded.</summary>
    /// <exception cref="ModelFormatException">They are not.</exception>
    public BlockFormat FormatOf(GgufTensor tensor) => tensor.Type.Format
        ?? throw Error($"tensor '{SafetensorsException.Printable(tensor.Name)}'", $"is stored as {tensor.Type.Name}, which is not read; {string.Join(", ", GgufTensorType.All.Where(type => type.Format is not null).Select(type => type.Name))} are.");

    internal ModelFormatException Error(string location, string problem) => new(Source, location, problem);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_start == null)
            return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
        GC.SuppressFinalize(this);
    }

    // A model over the file holds it and nobody disposes it: without this the pages would stay mapped for good.
    ~GgufFile()
    {
        if (_start != null)
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
    }
}
