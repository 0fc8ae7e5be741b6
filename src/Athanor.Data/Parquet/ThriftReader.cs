using System.Text;

namespace Athanor.Data.Parquet;

/// <summary>Reads Thrift's compact protocol, in which Parquet keeps its metadata. Lengths that lie are errors.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    public const int Struct = 12, List = 9, Binary = 8;
    private const int DeepestSkip = 32;
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _type;

    /// <summary>Bytes read.</summary>
    public int Position { get; private set; }

    /// <summary>The next field of a struct; false at its end.</summary>
    /// <param name="id">The last field's number, 0 at a struct's beginning; becomes this one's.</param>
    public bool Field(ref int id)
    {
        int head = Byte();
        _type = head & 15;
        if (head == 0)
            return false;
        id = (head >> 4) != 0 ? id + (head >> 4) : (int)Long();
        return true;
    }

    /// <summary>Whether the field is of a type; others are passed over.</summary>
    public readonly bool Is(int type) => _type == type;

    /// <summary>The field's number, whatever its width.</summary>
    public long Number() => _type is >= 3 and <= 6 ? _type == 3 ? (sbyte)Byte() : Long() : throw new InvalidDataException("the metadata has a field that should be a number and is not");

    /// <summary>The field's truth, which its type holds.</summary>
    public readonly bool Bool() => _type == 1;

    public string Text()
    {
        if (_type != Binary)
            throw new InvalidDataException("the metadata has a field that should be a text and is not");
        return Encoding.UTF8.GetString(Take());
    }

    /// <summary>The head of a list: how many elements it has, which must be structs, texts or numbers.</summary>
    public int Count()
    {
        if (_type != List)
            throw new InvalidDataException("the metadata has a field that should be a list and is not");
        int head = Byte();
        ulong count = head >> 4 == 15 ? Varint() : (ulong)(head >> 4);
        _type = head & 15;
        // An element has a byte at least.
        return count <= (ulong)(_bytes.Length - Position) ? (int)count : throw new InvalidDataException("the metadata has a list that is longer than itself");
    }

    /// <summary>Passes the field over.</summary>
    public void Skip() => Skip(_type, 0);

    private void Skip(int type, int depth)
    {
        if (depth > DeepestSkip)
            throw new InvalidDataException("the metadata is nested too deeply");
        switch (type)
        {
            case 1 or 2:
                break;
            case 3:
                Byte();
                break;
            case 4 or 5 or 6:
                Varint();
                break;
            case 7:
                Position = Position <= _bytes.Length - 8 ? Position + 8 : throw new EndOfStreamException();
                break;
            case Binary:
                Take();
                break;
            case List or 10:
                _type = List;
                int count = Count(), element = _type;
                for (int i = 0; i < count; i++)
                {
                    if (element is 1 or 2)
                        Byte();
                    else
                        Skip(element, depth + 1);
                }
                break;
            case Struct:
                for (int id = 0; Field(ref id);)
                    Skip(_type, depth + 1);
                break;
            default:
                throw new InvalidDataException($"the metadata has a field of type {type}, which there is not");
        }
    }

    private ReadOnlySpan<byte> Take()
    {
        ulong length = Varint();
        if (length > (ulong)(_bytes.Length - Position))
            throw new InvalidDataException("the metadata has a text that is longer than itself");
        Position += (int)length;
        return _bytes.Slice(Position - (int)length, (int)length);
    }

    private long Long()
    {
        ulong value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int b = Byte();
            value |= (ulong)(b & 127) << shift;
            if (b < 128)
                return value;
        }
        throw new InvalidDataException("the metadata has a number that does not end");
    }

    private int Byte() => Position < _bytes.Length ? _bytes[Position++] : throw new EndOfStreamException();
}
