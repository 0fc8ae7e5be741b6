using System.Buffers;
using System.Collections.Immutable;

namespace Athanor.Tensors.Safetensors;

/// <summary>A tensor to be written: its description and a way to stream its bytes, so that no second copy is made.</summary>
public sealed class SafetensorsSource
{
    private const int Part = 16 << 20, DevicePart = 1 << 20;
    private readonly Action<Stream, CancellationToken> _write;

    /// <summary>A tensor whose bytes <paramref name="write"/> puts into the stream, little-endian and row-major, when its turn comes.</summary>
    public SafetensorsSource(string name, SafetensorsType type, ReadOnlySpan<long> shape, Action<Stream, CancellationToken> write)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(write);
        if (name == SafetensorsHeader.MetadataKey)
            throw new ArgumentException($"'{name}' is the header's key for metadata; give the tensor another name.", nameof(name));
        Name = name;
        Type = type;
        Shape = [.. shape];
        _write = write;
        foreach (long extent in shape)
            ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(shape));
        if (!SafetensorsHeaderParser.TryBytes(type, Shape, out long length))
            throw new ArgumentException($"The size of {type}[{string.Join(", ", Shape)}] is too large or does not fill whole bytes.", nameof(shape));
        Length = length;
    }

    public string Name { get; }
    public SafetensorsType Type { get; }
    public ImmutableArray<long> Shape { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>A tensor whose bytes are in memory; they are read when the file is written.</summary>
    public static SafetensorsSource Of(string name, SafetensorsType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> bytes)
    {
        var source = new SafetensorsSource(name, type, shape, (stream, cancellation) => WriteParts(stream, bytes, cancellation));
        if (source.Length != bytes.Length)
            throw new ArgumentException($"The tensor '{name}', {type}[{string.Join(", ", source.Shape)}], takes {source.Length} bytes, but {bytes.Length} were given.", nameof(bytes));
        return source;
    }

    /// <summary>A parameter's values; they are read when the file is written.</summary>
    public static unsafe SafetensorsSource Of(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        Span<int> extents = stackalloc int[Tensors.Shape.MaxRank];
        parameter.Shape.CopyTo(extents);
        var shape = new long[parameter.Shape.Rank];
        for (int i = 0; i < shape.Length; i++)
            shape[i] = extents[i];
        long length = parameter.Shape.Count * parameter.DType.Size();
        return new SafetensorsSource(parameter.Name, parameter.DType.ToSafetensors(), shape, (stream, cancellation) => WriteParts(stream, parameter.Device, parameter.Value.Data, length, cancellation));
    }

    /// <summary>A tensor in a device's memory, which must stay there until the file is written.</summary>
    internal static unsafe SafetensorsSource OfDevice(string name, SafetensorsType type, ReadOnlySpan<long> shape, Device device, void* data)
    {
        SafetensorsSource? source = null;
        return source = new SafetensorsSource(name, type, shape, (stream, cancellation) => WriteParts(stream, device, data, source!.Length, cancellation));
    }

    /// <summary>
    /// The same tensor over a copy of its present bytes, so that state which training goes on to change can be written later, by another thread.
    /// </summary>
    /// <param name="memory">Takes the copy where it is large enough; a new array does else, and is left here for the next time.</param>
    public SafetensorsSource Copied(ref byte[] memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        int length = checked((int)Length);
        if (memory.Length < length)
            memory = GC.AllocateUninitializedArray<byte>(length);
        using (var stream = new MemoryStream(memory, 0, length))
            _write(stream, CancellationToken.None);
        return Of(Name, Type, Shape.AsSpan(), memory.AsMemory(0, length));
    }

    internal void WriteTo(Stream stream, CancellationToken cancellation) => _write(stream, cancellation);

    private static void WriteParts(Stream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        for (int done = 0; done < bytes.Length; done += Part)
        {
            cancellation.ThrowIfCancellationRequested();
            stream.Write(bytes.Span.Slice(done, Math.Min(Part, bytes.Length - done)));
        }
    }

    private static unsafe void WriteParts(Stream stream, Device device, void* data, long length, CancellationToken cancellation)
    {
        byte[] part = ArrayPool<byte>.Shared.Rent((int)Math.Min(length, DevicePart));
        try
        {
            for (long done = 0; done < length; done += DevicePart)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<byte> bytes = part.AsSpan(0, (int)Math.Min(DevicePart, length - done));
                device.Kernels.Download(bytes, (byte*)data + done);
                stream.Write(bytes);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(part);
        }
    }
}
