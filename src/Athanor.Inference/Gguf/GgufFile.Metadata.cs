using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers.Files.Gguf;

namespace Athanor.Inference.Gguf;

/// <content>The values of the metadata. A key of another type than the one asked for is an error that names both.</content>
public sealed unsafe partial class GgufFile : ITokenizerMetadata
{
    /// <inheritdoc/>
    public string? GetString(string key)
    {
        if (Value(key) is not { } value)
            return null;
        Require(key, value.Type == GgufValueType.String, value, "a text");
        return Encoding.UTF8.GetString(Text(value.Start, out _));
    }

    /// <inheritdoc/>
    public long? GetInteger(string key)
    {
        if (Value(key) is not { } value)
            return null;
        long number = 0;
        Require(key, TryInteger(value.Type, Raw(value), out number), value, "a whole number");
        return number;
    }

    /// <inheritdoc/>
    public bool? GetBoolean(string key)
    {
        if (Value(key) is not { } value)
            return null;
        Require(key, value.Type == GgufValueType.Bool, value, "a truth value");
        return Raw(value)[0] != 0;
    }

    /// <summary>The number of a key of any type of numbers, or null where the key is missing.</summary>
    public double? GetNumber(string key)
    {
        if (Value(key) is not { } value)
            return null;
        double number = 0;
        Require(key, TryNumber(value.Type, Raw(value), out number), value, "a number");
        return number;
    }

    /// <inheritdoc/>
    public IReadOnlyList<byte[]>? GetStrings(string key)
    {
        if (Value(key) is not { } value)
            return null;
        Require(key, value.Type == GgufValueType.Array && value.Element == GgufValueType.String, value, "a list of texts");
        var texts = new byte[value.Count][];
        int position = value.Start;
        for (int i = 0; i < texts.Length; i++)
            texts[i] = Text(position, out position).ToArray();
        return texts;
    }

    /// <inheritdoc/>
    public IReadOnlyList<float>? GetNumbers(string key)
    {
        if (Value(key) is not { } value)
            return null;
        var numbers = new float[value.Type == GgufValueType.Array ? value.Count : 0];
        bool right = value.Type == GgufValueType.Array;
        int size = value.Element.Size();
        for (int i = 0; i < numbers.Length && right; i++)
        {
            right = TryNumber(value.Element, Header(value.Start + i * size, size), out double number);
            numbers[i] = (float)number;
        }
        Require(key, right, value, "a list of numbers");
        return numbers;
    }

    /// <inheritdoc/>
    public IReadOnlyList<int>? GetIntegers(string key)
    {
        if (Value(key) is not { } value)
            return null;
        var numbers = new int[value.Type == GgufValueType.Array ? value.Count : 0];
        bool right = value.Type == GgufValueType.Array;
        int size = value.Element.Size();
        for (int i = 0; i < numbers.Length && right; i++)
        {
            right = TryInteger(value.Element, Header(value.Start + i * size, size), out long number) && number is >= int.MinValue and <= int.MaxValue;
            numbers[i] = right ? (int)number : 0;
        }
        Require(key, right, value, "a list of whole numbers of 32 bits");
        return numbers;
    }

    /// <summary>The type of a key's value, as the format names it; null where the key is missing.</summary>
    public string? TypeOf(string key) => Value(key) is not { } value ? null : value.Type == GgufValueType.Array ? $"{value.Element}[{value.Count}]" : $"{value.Type}";

    private GgufValue? Value(string key)
    {
        ObjectDisposedException.ThrowIf(_file.IsClosed, this);
        return _header.Values.TryGetValue(key, out GgufValue value) ? value : null;
    }

    private void Require(string key, bool right, GgufValue value, string wanted)
    {
        if (!right)
            throw Error($"key '{SafetensorsException.Printable(key)}'", $"is of the type {(value.Type == GgufValueType.Array ? $"list of {value.Element}" : value.Type)}, or a number beyond 64 bits; {wanted} belongs there.");
    }

    private ReadOnlySpan<byte> Raw(GgufValue value) => Header(value.Start, value.Length);

    private ReadOnlySpan<byte> Header(int start, int length) => _file.Beginning.Slice(start, length);

    private ReadOnlySpan<byte> Text(int start, out int end)
    {
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(Header(start, sizeof(ulong)));
        end = start + sizeof(ulong) + length;
        return Header(start + sizeof(ulong), length);
    }

    private static bool TryInteger(GgufValueType type, ReadOnlySpan<byte> bytes, out long number)
    {
        number = type switch
        {
            GgufValueType.UInt8 => bytes[0],
            GgufValueType.Int8 => (sbyte)bytes[0],
            GgufValueType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            GgufValueType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            GgufValueType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            GgufValueType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            GgufValueType.UInt64 or GgufValueType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            _ => 0,
        };
        return type is GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.UInt16 or GgufValueType.Int16 or GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Int64
            || (type == GgufValueType.UInt64 && number >= 0);
    }

    private static bool TryNumber(GgufValueType type, ReadOnlySpan<byte> bytes, out double number)
    {
        if (type is GgufValueType.Float32 or GgufValueType.Float64)
        {
            number = type == GgufValueType.Float32 ? MemoryMarshal.Read<float>(bytes) : MemoryMarshal.Read<double>(bytes);
            return true;
        }
        bool whole = TryInteger(type, bytes, out long integer);
        number = integer;
        return whole;
    }
}
