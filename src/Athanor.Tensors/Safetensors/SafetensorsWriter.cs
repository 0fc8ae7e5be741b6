using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Athanor.Tensors.Safetensors;

/// <summary>
/// Writes safetensors files as the original library does, byte for byte: tensors by descending type (the order of <see cref="SafetensorsType"/>, so
/// that wide elements are aligned), then by name; compact JSON, <c>__metadata__</c> first, padded with spaces so that the data section starts at a
/// multiple of 8. Metadata keys, whose order the original leaves to chance, are sorted.
/// </summary>
public static class SafetensorsWriter
{
    /// <summary>Writes a file that appears whole or not at all; an older file stays in place until then, and forever on failure or cancellation.</summary>
    /// <param name="path">The file; its directory is created.</param>
    /// <param name="tensors">Tensors with distinct names, in any order.</param>
    /// <param name="metadata">Free text, such as format: pt.</param>
    /// <exception cref="IOException">The disk is full or the path cannot be written.</exception>
    public static void Write(string path, IEnumerable<SafetensorsSource> tensors, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellation = default)
    {
        using AtomicFile file = WriteTemporary(path, tensors, metadata, cancellation);
        cancellation.ThrowIfCancellationRequested();
        file.Place();
    }

    /// <summary>Writes and flushes the file beside its place; the caller places it.</summary>
    internal static AtomicFile WriteTemporary(string path, IEnumerable<SafetensorsSource> tensors, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellation)
    {
        SafetensorsSource[] sorted = Sort(tensors);
        byte[] header = Header(sorted, metadata);
        long total = header.Length;
        foreach (SafetensorsSource tensor in sorted)
            total = checked(total + tensor.Length);
        var file = new AtomicFile(path, total);
        try
        {
            file.Stream.Write(header);
            foreach (SafetensorsSource tensor in sorted)
            {
                cancellation.ThrowIfCancellationRequested();
                long start = file.Stream.Position;
                tensor.WriteTo(file.Stream, cancellation);
                if (file.Stream.Position - start != tensor.Length)
                    throw new InvalidOperationException($"The tensor '{tensor.Name}' has {tensor.Length} bytes, but its source wrote {file.Stream.Position - start}.");
            }
            file.Finish();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static SafetensorsSource[] Sort(IEnumerable<SafetensorsSource> tensors)
    {
        SafetensorsSource[] sorted = [.. tensors];
        Array.Sort(sorted, static (a, b) => a.Type != b.Type ? b.Type.CompareTo(a.Type) : CompareNames(a.Name, b.Name));
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (SafetensorsSource tensor in sorted)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"Two tensors are called '{tensor.Name}'; names in a file are distinct.", nameof(tensors));
        }
        return sorted;
    }

    /// <summary>By UTF-8 bytes, as the original compares; UTF-16 order differs beyond the basic plane.</summary>
    private static int CompareNames(string a, string b) =>
        Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b));

    private static byte[] Header(SafetensorsSource[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var json = new StringBuilder("{");
        if (metadata is not null)
        {
            string[] keys = [.. metadata.Keys];
            Array.Sort(keys, CompareNames);
            Text(json, SafetensorsHeader.MetadataKey).Append(":{");
            for (int i = 0; i < keys.Length; i++)
            {
                Text(json.Append(i == 0 ? "" : ","), keys[i]).Append(':');
                Text(json, metadata[keys[i]]);
            }
            json.Append('}');
        }
        long offset = 0;
        foreach (SafetensorsSource tensor in tensors)
        {
            Text(json.Append(json.Length == 1 ? "" : ","), tensor.Name);
            json.Append(CultureInfo.InvariantCulture, $":{{\"dtype\":\"{tensor.Type.Name()}\",\"shape\":[{string.Join(',', tensor.Shape)}],\"data_offsets\":[{offset},{offset + tensor.Length}]}}");
            offset += tensor.Length;
        }
        json.Append('}');
        int length = Encoding.UTF8.GetByteCount(json.ToString());
        int padded = (length + 7) / 8 * 8;
        if (padded > SafetensorsHeader.MaxLength)
            throw new ArgumentException($"The header would have {padded:N0} bytes; the format allows {SafetensorsHeader.MaxLength:N0}. Write several files.", nameof(tensors));
        var bytes = new byte[sizeof(ulong) + padded];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)padded);
        Encoding.UTF8.GetBytes(json.ToString(), bytes.AsSpan(sizeof(ulong)));
        bytes.AsSpan(sizeof(ulong) + length).Fill((byte)' ');
        return bytes;
    }

    /// <summary>A JSON string with the escapes of the original's writer: quotes, backslash and control characters only.</summary>
    private static StringBuilder Text(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (Rune rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"': json.Append("\\\""); break;
                case '\\': json.Append("\\\\"); break;
                case '\b': json.Append("\\b"); break;
                case '\f': json.Append("\\f"); break;
                case '\n': json.Append("\\n"); break;
                case '\r': json.Append("\\r"); break;
                case '\t': json.Append("\\t"); break;
                case < 0x20: json.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"); break;
                default: json.Append(rune.ToString()); break;
            }
        }
        return json.Append('"');
    }
}
