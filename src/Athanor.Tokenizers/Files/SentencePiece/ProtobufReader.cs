using System.Buffers.Binary;
using System.Globalization;

namespace Athanor.Tokenizers.Files.SentencePiece;

/// <summary>Reads the fields of one protocol buffers message, never beyond its bytes; errors name the byte offset in the file.</summary>
internal ref struct ProtobufReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly string _source;
    private readonly int _offset;
    private int _at;

    public ProtobufReader(ReadOnlySpan<byte> data, string source, int offset = 0)
    {
        _data = data;
        _source = source;
        _offset = offset;
    }

    /// <summary>The number of the present field.</summary>
    public int Field { get; private set; }

    /// <summary>How the present field is written.</summary>
    public WireType Wire { get; private set; }

    /// <summary>Moves to the next field; false at the end of the message.</summary>
    public bool Next()
    {
        if (_at == _data.Length)
            return false;
        ulong tag = Varint();
        Wire = (WireType)(tag & 7);
        Field = tag >> 3 is > 0 and < 1 << 29 ? (int)(tag >> 3) : throw Error($"{tag >> 3} is no field number");
        if (Wire is not (WireType.Varint or WireType.Fixed64 or WireType.Bytes or WireType.Fixed32))
            throw Error($"field {Field} has the unknown wire type {(int)Wire}");
        return true;
    }

    /// <summary>Passes over the present field.</summary>
    public void Skip()
    {
        switch (Wire)
        {
            case WireType.Varint:
                Varint();
                break;
            case WireType.Bytes:
                Bytes(out _);
                break;
            default:
                Take(Wire == WireType.Fixed64 ? 8 : 4);
                break;
        }
    }

    /// <summary>The present field as a number of 32 bits with a sign, an enum or a truth value.</summary>
    public int Int32()
    {
        Expect(WireType.Varint);
        return (int)Varint();
    }

    /// <summary>The present field as a single-precision number.</summary>
    public float Single()
    {
        Expect(WireType.Fixed32);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    /// <summary>The present field as bytes, a text or a message that begins at <paramref name="offset"/> in the file.</summary>
    public ReadOnlySpan<byte> Bytes(out int offset)
    {
        Expect(WireType.Bytes);
        ulong length = Varint();
        offset = _offset + _at;
        return length <= (ulong)(_data.Length - _at)
            ? Take((int)length)
            : throw Error($"field {Field} has {length} bytes, but only {_data.Length - _at} are left; the file is cut short or no protocol buffer");
    }

    /// <summary>The present field as a message.</summary>
    public ProtobufReader Message()
    {
        ReadOnlySpan<byte> data = Bytes(out int offset);
        return new ProtobufReader(data, _source, offset);
    }

    /// <summary>An error at the present place.</summary>
    public readonly TokenizerFormatException Error(string problem) =>
        new(_source, string.Create(CultureInfo.InvariantCulture, $"byte {_offset + _at}"), problem);

    private readonly void Expect(WireType wire)
    {
        if (Wire != wire)
            throw Error($"field {Field} has the wire type {Wire}, expected {wire}");
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw Error("a number has more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_data.Length - _at < count)
            throw Error($"{count} more bytes are needed, but only {_data.Length - _at} are left; the file is cut short");
        _at += count;
        return _data.Slice(_at - count, count);
    }

    internal enum WireType
    {
        Varint = 0,
        Fixed64 = 1,
        Bytes = 2,
        Fixed32 = 5,
    }
}
