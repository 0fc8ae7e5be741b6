using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Athanor.Tensors.Safetensors;

/// <summary>
/// The checked header of a safetensors file: 8 bytes with the length of a JSON object (little-endian), the object, and the data section that the
/// object describes (huggingface/safetensors, README and safetensors/src/tensor.rs).
/// </summary>
/// <remarks>
/// Rules: the header has at most 100,000,000 bytes, lies within the file, starts with '{' and is valid UTF-8 JSON, padded by white space only; no
/// key twice; <c>__metadata__</c> maps strings to strings; each tensor has a known dtype, a shape of non-negative integers whose product does not
/// overflow, and offsets begin ≤ end whose difference is the size of the data in whole bytes; together the tensors cover the data
/// section from its first to its last byte without overlap or hole. What is allocated is bounded by the header's own length.
/// </remarks>
public sealed class SafetensorsHeader
{
    /// <summary>Longest header that the format allows.</summary>
    public const long MaxLength = 100_000_000;

    internal const string MetadataKey = "__metadata__";
    private readonly Dictionary<string, SafetensorsEntry> _byName;

    private SafetensorsHeader(List<SafetensorsEntry> entries, Dictionary<string, string> metadata, long dataStart)
    {
        Entries = entries;
        Metadata = metadata;
        DataStart = dataStart;
        _byName = new Dictionary<string, SafetensorsEntry>(entries.Count, StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in entries)
            _byName.Add(entry.Name, entry);
    }

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>Free text of the writer; empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Offset of the data section in the file.</summary>
    public long DataStart { get; }

    /// <summary>The tensor of that name; null when the file has none.</summary>
    public SafetensorsEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads and checks the header of a whole file in memory.</summary>
    /// <param name="source">What errors call the file.</param>
    /// <exception cref="SafetensorsException">A rule of the format is broken.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> file, string source = "(memory)") => Parse(file, file.Length, source);

    /// <summary>As above for a file of <paramref name="fileLength"/> bytes of which the first ones, the whole header at least, are given.</summary>
    internal static SafetensorsHeader Parse(ReadOnlySpan<byte> start, long fileLength, string source)
    {
        long length = HeaderLength(start, fileLength, source);
        ReadOnlySpan<byte> json = start.Slice(sizeof(ulong), (int)length);
        if (json.IsEmpty || json[0] != '{')
            throw new SafetensorsException(source, null, "the header does not start with '{'.", "This is not a safetensors file.");
        if (!Utf8.IsValid(json))
            throw new SafetensorsException(source, null, "the header is not valid UTF-8.");
        var parser = new SafetensorsHeaderParser(json, source);
        try
        {
            parser.Run();
        }
        catch (JsonException e)
        {
            throw new SafetensorsException(source, null, $"the header is not valid JSON ({e.Message.TrimEnd('.')}).", cause: e);
        }
        catch (InvalidOperationException e)
        {
            // The reader says so of escapes that are half of a surrogate pair.
            throw new SafetensorsException(source, null, "the header contains a string that is not valid Unicode.", cause: e);
        }
        parser.Entries.Sort(ByPlace);
        CheckCover(parser.Entries, fileLength - sizeof(ulong) - length, source);
        return new SafetensorsHeader(parser.Entries, parser.Metadata, sizeof(ulong) + length);
    }

    /// <summary>Reads and checks the first eight bytes.</summary>
    internal static long HeaderLength(ReadOnlySpan<byte> start, long fileLength, string source)
    {
        if (fileLength < sizeof(ulong))
            throw new SafetensorsException(source, null, $"the file has {fileLength} bytes, fewer than the 8 that give the header's length.");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > MaxLength)
            throw new SafetensorsException(source, null, $"the header would have {length:N0} bytes; the format allows {MaxLength:N0}.", "This is not a safetensors file, or it is damaged.");
        if ((long)length > fileLength - sizeof(ulong))
            throw new SafetensorsException(source, null, $"the header would have {length:N0} bytes, but the file has only {fileLength:N0}.");
        return (long)length;
    }

    private static int ByPlace(SafetensorsEntry a, SafetensorsEntry b)
    {
        int order = a.Begin.CompareTo(b.Begin);
        order = order != 0 ? order : a.End.CompareTo(b.End);
        return order != 0 ? order : string.CompareOrdinal(a.Name, b.Name);
    }

    private static void CheckCover(List<SafetensorsEntry> entries, long dataLength, string source)
    {
        long end = 0;
        foreach (SafetensorsEntry entry in entries)
        {
            if (entry.Begin < end)
                throw new SafetensorsException(source, entry.Name, $"its data at [{entry.Begin}, {entry.End}) overlaps the tensor before it, which ends at {end}.");
            if (entry.Begin > end)
                throw new SafetensorsException(source, entry.Name, $"bytes {end} to {entry.Begin} of the data before it belong to no tensor.");
            if (entry.End > dataLength)
                throw new SafetensorsException(source, entry.Name, $"its data at [{entry.Begin}, {entry.End}) ends beyond the {dataLength} bytes of data in the file.");
            end = entry.End;
        }
        if (end != dataLength)
            throw new SafetensorsException(source, null, $"the last {dataLength - end} bytes of the data belong to no tensor.");
    }
}
