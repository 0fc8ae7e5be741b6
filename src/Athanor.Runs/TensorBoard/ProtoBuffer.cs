using System.Buffers.Binary;
using System.Text;

namespace Athanor.Runs.TensorBoard;

/// <summary>Writes the few protocol-buffer fields that events need; the buffer is reused.</summary>
internal sealed class ProtoBuffer
{
    private const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;
    private byte[] _bytes = new byte[512];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public void Int64(int field, long value)
    {
        Tag(field, Varint);
        Number((ulong)value);
    }

    public void Double(int field, double value)
    {
        Tag(field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);
    }

    public void Float(int field, float value)
    {
        Tag(field, Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(Take(4), value);
    }

    public void Text(int field, string value)
    {
        int size = Encoding.UTF8.GetByteCount(value);
        Tag(field, Delimited);
        Number((ulong)size);
        Encoding.UTF8.GetBytes(value, Take(size));
    }

    public void Message(int field, ProtoBuffer inner)
    {
        Tag(field, Delimited);
        Number((ulong)inner._length);
        inner.Written.CopyTo(Take(inner._length));
    }

    private void Tag(int field, int wire) => Number((ulong)(field << 3 | wire));

    private void Number(ulong value)
    {
        while (value >= 0x80)
        {
            Take(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }
        Take(1)[0] = (byte)value;
    }

    private Span<byte> Take(int count)
    {
        if (_length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
