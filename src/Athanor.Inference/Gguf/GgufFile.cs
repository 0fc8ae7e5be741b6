using Athanor.Models;
using Athanor.Tensors.Blocks;
using Athanor.Tensors.Memory;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Gguf;

/// <summary>A GGUF file mapped into memory: opening reads and checks the header only, tensors stay where they are (github.com/ggml-org/ggml, docs/gguf.md).</summary>
/// <remarks>Addresses and spans are valid until the file is disposed; packed matrices over it keep it alive.</remarks>
public sealed unsafe partial class GgufFile : IDisposable
{
    private readonly MappedFile _file;
    private readonly GgufHeader _header;

    private GgufFile(string path, MappedFile file)
    {
        (Source, _file) = (path, file);
        try
        {
            _header = GgufHeader.Parse(file.Beginning, file.Length, path);
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
    public static GgufFile Open(string path) => new(path, MappedFile.Open(path) ?? throw new ModelFormatException(path, "magic", "the file is empty."));

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
        ObjectDisposedException.ThrowIf(_file.IsClosed, this);
        return ReferenceEquals(Find(tensor.Name), tensor) ? (nint)(_file.Start + _header.DataStart + tensor.Offset) : throw new ArgumentException($"The tensor {tensor} belongs to another file.", nameof(tensor));
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
        _file.Dispose();
        GC.SuppressFinalize(this);
    }

    // A model over the file holds it and nobody disposes it: without this the pages would stay mapped for good.
    ~GgufFile() => _file?.Release();
}
