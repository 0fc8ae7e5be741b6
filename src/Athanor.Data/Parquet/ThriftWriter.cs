using System.Buffers;
using System.Text;

namespace Athanor.Data.Parquet;

/// <summary>Writes Thrift's compact protocol.</summary>
internal sealed class ThriftWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);
    private readonly Stack<int> _open = new();
    private int _id;

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    public void Int32(int id, int value) => Number(id, 5, value);

    public void Int64(int id, long value) => Number(id, 6, value);

    public void Text(int id, string value)
    {
        Head(id, ThriftReader.Binary);
        Element(value);
    }

    /// <summary>A text within a list.</summary>
    public void Element(string value)
    {
        Varint((ulong)Encoding.UTF8.GetByteCount(value));
        _bytes.Write(Encoding.UTF8.GetBytes(value));
    }

    /// <summary>A number within a list.</summary>
    public void Element(int value) => Varint((ulong)(uint)((value << 1) ^ (value >> 31)));

    public void List(int id, int type, int count)
    {
        Head(id, ThriftReader.List);
        if (count < 15)
            Byte((count << 4) | type);
        else
        {
            Byte(0xF0 | type);
            Varint((ulong)count);
        }
    }

    /// <summary>Begins a struct that is a field.</summary>
    public void Begin(int id)
    {
        Head(id, ThriftReader.Struct);
        Begin();
    }

    /// <summary>Begins a struct within a list, or the outermost one.</summary>
    public void Begin()
    {
        _open.Push(_id);
        _id = 0;
    }

    public void End()
    {
        Byte(0);
        _id = _open.Pop();
    }

    private void Number(int id, int type, long value)
    {
        Head(id, type);
        Varint((ulong)((value << 1) ^ (value >> 63)));
    }

    private void Head(int id, int type)
    {
        // Fields come in rising order, none more than 15 behind the one before.
        Byte(((id - _id) << 4) | type);
        _id = id;
    }

    private void Varint(ulong value)
    {
        for (; value >= 128; value >>= 7)
            Byte((int)(value | 128));
        Byte((int)value);
    }

    private void Byte(int value)
    {
        _bytes.GetSpan(1)[0] = (byte)value;
        _bytes.Advance(1);
    }
}
