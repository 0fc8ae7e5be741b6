using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Athanor.Inference.Gguf;

/// <summary>The metadata of a GGUF file that is being written: keys with values, in the order in which they are added.</summary>
public sealed class GgufKeys
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Keys so far.</summary>
    public int Count => _names.Count;

    /// <summary>Where tensors begin: multiples of this, bytes.</summary>
    public int Alignment { get; private set; } = GgufHeader.DefaultAlignment;

    /// <summary>Bytes of all keys and values.</summary>
    internal ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    /// <summary>A text.</summary>
    public void Add(string key, string value)
    {
        Begin(key, GgufValueType.String);
        Text(Encoding.UTF8.GetBytes(value));
    }

    /// <summary>A whole number, written with 32 bits as the field's writers do.</summary>
    public void Add(string key, uint value)
    {
        if (key == GgufHeader.AlignmentKey)
            Alignment = System.Numerics.BitOperations.IsPow2(value) && value <= 1 << 20 ? (int)value : throw new ArgumentException($"The alignment is {value}; a power of two up to {1 << 20} is allowed.", nameof(value));
        Begin(key, GgufValueType.UInt32);
        Number(value);
    }

    /// <summary>A number.</summary>
    public void Add(string key, float value)
    {
        Begin(key, GgufValueType.Float32);
        Number(BitConverter.SingleToUInt32Bits(value));
    }

    /// <summary>A truth value.</summary>
    public void Add(string key, bool value)
    {
        Begin(key, GgufValueType.Bool);
        _bytes.Write([value ? (byte)1 : (byte)0]);
    }

    /// <summary>A list of texts.</summary>
    public void Add(string key, IReadOnlyList<byte[]> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        Begin(key, GgufValueType.Array, GgufValueType.String, texts.Count);
        foreach (byte[] text in texts)
            Text(text);
    }

    /// <summary>A list of fp32 numbers.</summary>
    public void Add(string key, ReadOnlySpan<float> values)
    {
        Begin(key, GgufValueType.Array, GgufValueType.Float32, values.Length);
        _bytes.Write(MemoryMarshal.AsBytes(values));
    }

    /// <summary>A list of whole numbers of 32 bits.</summary>
    public void Add(string key, ReadOnlySpan<int> values)
    {
        Begin(key, GgufValueType.Array, GgufValueType.Int32, values.Length);
        _bytes.Write(MemoryMarshal.AsBytes(values));
    }

    private void Begin(string key, GgufValueType type)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (Encoding.UTF8.GetByteCount(key) > GgufHeader.LongestKey)
            throw new ArgumentException($"A key has {Encoding.UTF8.GetByteCount(key)} bytes; {GgufHeader.LongestKey} are allowed.", nameof(key));
        if (!_names.Add(key))
            throw new ArgumentException($"The key '{key}' is given twice.", nameof(key));
        Text(Encoding.UTF8.GetBytes(key));
        Number((uint)type);
    }

    private void Begin(string key, GgufValueType type, GgufValueType element, int count)
    {
        Begin(key, type);
        Number((uint)element);
        Length(count);
    }

    private void Text(ReadOnlySpan<byte> text)
    {
        Length(text.Length);
        _bytes.Write(text);
    }

    private void Number(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _bytes.Write(bytes);
    }

    private void Length(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _bytes.Write(bytes);
    }
}
