using System.Collections.Immutable;
using System.Globalization;
using Athanor.Models;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Gguf;

/// <summary>
/// The header of a GGUF file of version 2 or 3, checked by every rule that llama.cpp's own reader enforces (gguf.cpp) and one more: the tensors lie within the file. Time and memory are bounded
/// by the file's length, whatever the counts in it say.
/// </summary>
internal sealed class GgufHeader
{
    public const string AlignmentKey = "general.alignment";
    public const int DefaultAlignment = 32, LongestTensorName = 63, MostDimensions = 4, LongestKey = 65535;
    private const int MostKeys = 1 << 16, MostTensors = 1 << 18, LeastKey = 14, LeastTensor = 25;
    private readonly Dictionary<string, GgufTensor> _byName = new(StringComparer.Ordinal);

    private GgufHeader(uint version) => Version = version;

    public uint Version { get; }

    public Dictionary<string, GgufValue> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>The keys in the file's order.</summary>
    public List<string> Keys { get; } = [];

    public List<GgufTensor> Tensors { get; } = [];

    public int Alignment { get; private set; } = DefaultAlignment;

    public long DataStart { get; private set; }

    public GgufTensor? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads and checks the header.</summary>
    /// <param name="bytes">The file from its start, at least to the end of the header where the file is longer than a span.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    /// <param name="source">The file's name in errors.</param>
    /// <exception cref="ModelFormatException">A rule is broken; the message names the key or tensor.</exception>
    public static GgufHeader Parse(ReadOnlySpan<byte> bytes, long fileLength, string source)
    {
        var cursor = new GgufCursor(bytes, source);
        if (!cursor.Take(4, "magic").SequenceEqual("GGUF"u8))
            throw cursor.Error("magic", "the file does not begin with GGUF. It is no GGUF file.");
        uint version = cursor.UInt32("version");
        if (version is not (2 or 3))
        {
            throw cursor.Error("version", version != 0 && (version & 0xFFFF) == 0
                ? "the file is big-endian; files of little-endian machines are read."
                : string.Create(CultureInfo.InvariantCulture, $"is {version}; 2 and 3 are read. Convert the model anew with a present-day tool."));
        }
        var header = new GgufHeader(version);
        int tensors = cursor.Count("number of tensors", LeastTensor), keys = cursor.Count("number of keys", LeastKey);
        if (tensors > MostTensors || keys > MostKeys)
            throw cursor.Error("counts", $"{tensors:N0} tensors and {keys:N0} keys are more than any model has ({MostTensors:N0}, {MostKeys:N0}).");
        for (int i = 0; i < keys; i++)
            header.ReadKey(ref cursor);
        header.ReadAlignment(bytes, source);
        long end = 0;
        for (int i = 0; i < tensors; i++)
            end = header.ReadTensor(ref cursor, end);
        header.DataStart = Padded(cursor.Position, header.Alignment);
        // The padding behind the last tensor may be missing.
        long needed = header.Tensors.Count == 0 ? 0 : header.DataStart + header.Tensors[^1].Offset + header.Tensors[^1].Length;
        if (needed > fileLength)
            throw cursor.Error($"tensor {header.Tensors[^1]}", string.Create(CultureInfo.InvariantCulture, $"ends at byte {needed:N0}, but the file has {fileLength:N0}. It was cut short: fetch it again."));
        return header;
    }

    public static long Padded(long length, int alignment) => checked(length + alignment - 1) / alignment * alignment;

    private void ReadKey(ref GgufCursor cursor)
    {
        string key = cursor.Name($"key {Keys.Count}", LongestKey), what = $"key '{SafetensorsException.Printable(key)}'";
        GgufValueType type = Type(ref cursor, what), element = type;
        int count = 1, start = cursor.Position;
        if (type == GgufValueType.Array)
        {
            element = Type(ref cursor, what);
            if (element == GgufValueType.Array)
                throw cursor.Error(what, "is a list of lists, which llama.cpp does not read either.");
            count = cursor.Count(what, Math.Max(element.Size(), element == GgufValueType.String ? sizeof(ulong) : 1));
            start = cursor.Position;
        }
        if (element == GgufValueType.String)
        {
            for (int i = 0; i < count; i++)
                cursor.Text(what);
        }
        else
        {
            ReadOnlySpan<byte> bytes = cursor.Take((long)count * element.Size(), what);
            if (element == GgufValueType.Bool && bytes.ContainsAnyExceptInRange((byte)0, (byte)1))
                throw cursor.Error(what, "is a truth value that is neither 0 nor 1.");
        }
        if (!Values.TryAdd(key, new GgufValue(type, element, count, start, cursor.Position - start)))
            throw cursor.Error(what, "is there twice.");
        Keys.Add(key);
    }

    private static GgufValueType Type(ref GgufCursor cursor, string what)
    {
        uint type = cursor.UInt32(what);
        return type <= (uint)GgufValueType.Float64 ? (GgufValueType)type : throw cursor.Error(what, $"is of the type {type}; the format's types go from 0 to 12.");
    }

    private void ReadAlignment(ReadOnlySpan<byte> bytes, string source)
    {
        if (!Values.TryGetValue(AlignmentKey, out GgufValue value))
            return;
        if (value.Type != GgufValueType.UInt32)
            throw new ModelFormatException(source, $"key '{AlignmentKey}'", $"is of the type {value.Type}; UInt32 belongs there.");
        uint alignment = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes[value.Start..]);
        if (!System.Numerics.BitOperations.IsPow2(alignment) || alignment > 1 << 20)
            throw new ModelFormatException(source, $"key '{AlignmentKey}'", $"is {alignment}; a power of two up to {1 << 20} belongs there.");
        Alignment = (int)alignment;
    }

    private long ReadTensor(ref GgufCursor cursor, long expected)
    {
        string name = cursor.Name($"name of tensor {Tensors.Count}", LongestTensorName), what = $"tensor '{SafetensorsException.Printable(name)}'";
        uint dimensions = cursor.UInt32(what);
        if (dimensions > MostDimensions)
            throw cursor.Error(what, $"has {dimensions} dimensions; {MostDimensions} are allowed.");
        var shape = new long[dimensions];
        long count = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            ulong extent = cursor.UInt64(what);
            if (extent > long.MaxValue || (extent > 0 && count > long.MaxValue / (long)extent))
                throw cursor.Error(what, "has more numbers than 64 bits can count.");
            shape[^(i + 1)] = (long)extent;
            count *= (long)extent;
        }
        uint id = cursor.UInt32(what);
        GgufTensorType type = GgufTensorType.Find(id) ?? throw cursor.Error(what, $"is of the type {id}, which is unknown or was removed from the format. Convert the model anew.");
        long columns = shape.Length == 0 ? 1 : shape[^1];
        if (columns % type.BlockLength != 0)
            throw cursor.Error(what, $"has rows of {columns} numbers, which are not whole blocks of {type.BlockLength} as {type.Name} stores them.");
        ulong offset = cursor.UInt64(what);
        if (offset != (ulong)expected)
            throw cursor.Error(what, string.Create(CultureInfo.InvariantCulture, $"lies at {offset}, but the tensors before it end at {expected}; they must follow each other without holes."));
        // Blocks have fewer than 8 bytes a number, so only lengths beyond any file overflow.
        if (count / type.BlockLength > (long.MaxValue >> 1) / type.BlockBytes)
            throw cursor.Error(what, "has more bytes than 64 bits can count.");
        var tensor = new GgufTensor(name, type, ImmutableArray.Create(shape), expected, count / type.BlockLength * type.BlockBytes);
        if (!_byName.TryAdd(name, tensor))
            throw cursor.Error(what, "is there twice.");
        Tensors.Add(tensor);
        long end = expected + tensor.Length;
        if (end < 0 || end > long.MaxValue >> 1)
            throw cursor.Error(what, "ends beyond what 64 bits can count.");
        return Padded(end, Alignment);
    }
}
