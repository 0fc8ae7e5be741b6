using System.Collections.Immutable;
using System.Text;
using Athanor.Tensors.Blocks;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Gguf;

/// <summary>A tensor to be written.</summary>
/// <param name="Name">At most 63 bytes.</param>
/// <param name="Format">How its numbers are stored.</param>
/// <param name="Shape">The extents, rows first; at most 4.</param>
/// <param name="Write">Puts exactly its bytes into the stream when its turn comes.</param>
public sealed record GgufTensorSource(string Name, BlockFormat Format, ImmutableArray<long> Shape, Action<Stream, CancellationToken> Write)
{
    /// <summary>Bytes, without padding.</summary>
    public long Length => checked(Shape.Take(Shape.Length - 1).Aggregate(1L, (product, extent) => product * extent) * Format.RowBytes(checked((int)Shape[^1])));
}

/// <summary>Writes GGUF files of version 3: keys, tensors one after another, each padded with zeros to the alignment. The same content gives the same bytes.</summary>
public static class GgufWriter
{
    /// <summary>Writes a file that appears whole or not at all; an older one stays in place until then, and for good on failure or cancellation.</summary>
    /// <param name="written">Told the bytes written so far of all after each tensor.</param>
    /// <exception cref="ArgumentException">A name is too long or there twice, or a shape is impossible.</exception>
    /// <exception cref="IOException">The disk is full or the path cannot be written.</exception>
    public static void Write(string path, GgufKeys keys, IReadOnlyList<GgufTensorSource> tensors, Action<long, long>? written = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(tensors);
        byte[] header = Header(keys, tensors, out long total);
        using var file = new AtomicFile(path, total);
        file.Stream.Write(header);
        byte[] zeros = new byte[keys.Alignment];
        using var buffered = new BufferedStream(file.Stream, 1 << 20);
        foreach (GgufTensorSource tensor in tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            long start = buffered.Position;
            tensor.Write(buffered, cancellation);
            long length = buffered.Position - start;
            if (length != tensor.Length)
                throw new InvalidOperationException($"The tensor '{tensor.Name}' has {tensor.Length} bytes, but its source wrote {length}.");
            buffered.Write(zeros, 0, (int)(GgufHeader.Padded(length, keys.Alignment) - length));
            written?.Invoke(buffered.Position, total);
        }
        buffered.Flush();
        cancellation.ThrowIfCancellationRequested();
        file.Finish();
        file.Place();
    }

    private static byte[] Header(GgufKeys keys, IReadOnlyList<GgufTensorSource> tensors, out long total)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)keys.Count);
        writer.Write(keys.Bytes.Span);
        long offset = 0;
        foreach (GgufTensorSource tensor in tensors)
        {
            byte[] name = Encoding.UTF8.GetBytes(tensor.Name);
            if (name.Length is 0 or > GgufHeader.LongestTensorName || !names.Add(tensor.Name))
                throw new ArgumentException($"The tensor name '{tensor.Name}' is empty, longer than {GgufHeader.LongestTensorName} bytes, or there twice.", nameof(tensors));
            if (tensor.Shape.Length is 0 or > GgufHeader.MostDimensions || tensor.Shape.Any(extent => extent < 0))
                throw new ArgumentException($"The tensor '{tensor.Name}' has the shape [{string.Join(", ", tensor.Shape)}]; 1 to {GgufHeader.MostDimensions} extents are allowed.", nameof(tensors));
            writer.Write((ulong)name.Length);
            writer.Write(name);
            writer.Write((uint)tensor.Shape.Length);
            foreach (long extent in tensor.Shape.Reverse())
                writer.Write((ulong)extent);
            writer.Write(GgufTensorType.Of(tensor.Format).Id);
            writer.Write((ulong)offset);
            offset = GgufHeader.Padded(checked(offset + tensor.Length), keys.Alignment);
        }
        writer.Flush();
        var header = new byte[GgufHeader.Padded(stream.Length, keys.Alignment)];
        stream.GetBuffer().AsSpan(0, (int)stream.Length).CopyTo(header);
        total = header.Length + offset;
        return header;
    }
}
