using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Athanor.Data.FastText;

/// <summary>Reads the parts of a file of fasttext, each within the bounds of what the file still holds.</summary>
internal sealed class FastTextReader(string name, Stream stream)
{
    private const int Chunk = 1 << 20;

    private readonly byte[] _buffer = new byte[1 << 16];
    private int _at, _end;
    private long _left = stream.Length - stream.Position;

    public long Length { get; } = stream.Length;

    public InvalidDataException Damaged(string what) => new($"{name} is no classifier of fasttext that can be read: {what}. Give a .bin or .ftz file of `fasttext supervised`, whole.");

    public byte Byte()
    {
        Span<byte> value = stackalloc byte[1];
        Read(value);
        return value[0];
    }

    public bool Flag() => Byte() switch
    {
        0 => false,
        1 => true,
        _ => throw Damaged("it says neither yes nor no where it must"),
    };

    public int Int32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        Read(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    public long Int64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        Read(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    public double Double() => BitConverter.Int64BitsToDouble(Int64());

    /// <summary>Adds a word that ends with a NUL.</summary>
    public void Word(List<byte> text)
    {
        while (true)
        {
            Fill();
            ReadOnlySpan<byte> there = _buffer.AsSpan(_at, _end - _at);
            int length = there.IndexOf((byte)0);
            ReadOnlySpan<byte> part = length < 0 ? there : there[..length];
            if (text.Count > Array.MaxLength - part.Length)
                throw Damaged("its words are longer than a program can hold");
            text.AddRange(part);
            Skip(part.Length + (length < 0 ? 0 : 1));
            if (length >= 0)
                return;
        }
    }

    public DenseRows Dense()
    {
        (int rows, int columns) = Shape(sizeof(float));
        var dense = new DenseRows(rows, columns);
        Read(dense.Values);
        return dense;
    }

    public QuantizedRows Quantized()
    {
        bool norms = Flag();
        (int rows, int columns) = Shape(0);
        int length = Int32();
        Bound(length, 1);
        byte[] codes = new byte[length];
        Read(codes);
        (int part, float[] centroids) = Quantizer(columns);
        if ((long)rows * QuantizedRows.PartsOf(columns, part) != length)
            throw Damaged("its quantized vectors are cut differently from what it says");
        if (!norms)
            return new QuantizedRows(rows, columns, part, codes, centroids, null, []);
        Bound(rows, 1);
        byte[] normCodes = new byte[rows];
        Read(normCodes);
        return new QuantizedRows(rows, columns, part, codes, centroids, normCodes, Quantizer(1).Centroids);
    }

    /// <summary>Refuses counts that the rest of the file cannot hold.</summary>
    public void Bound(long count, int bytes)
    {
        if (count < 0 || count > _left / bytes || count > Array.MaxLength)
            throw Damaged("it is cut off");
    }

    public void End()
    {
        if (_left != 0)
            throw Damaged("there is something behind its end");
    }

    private (int Rows, int Columns) Shape(int bytes)
    {
        long rows = Int64(), columns = Int64();
        if (rows < 0 || columns <= 0 || columns > int.MaxValue || rows > Array.MaxLength / columns)
            throw Damaged("a matrix has an impossible size");
        if (bytes > 0)
            Bound(rows * columns, bytes);
        return ((int)rows, (int)columns);
    }

    private (int Part, float[] Centroids) Quantizer(int columns)
    {
        int dim = Int32(), parts = Int32(), part = Int32(), last = Int32();
        if (dim != columns || part <= 0 || part > columns || parts != QuantizedRows.PartsOf(columns, part) || last != (columns % part == 0 ? part : columns % part))
            throw Damaged("a quantizer has an impossible size");
        long count = (long)columns * QuantizedRows.Choices;
        Bound(count, sizeof(float));
        float[] centroids = new float[count];
        Read(centroids);
        return (part, centroids);
    }

    private void Read(float[] values)
    {
        for (int at = 0; at < values.Length; at += Chunk)
        {
            Span<float> part = values.AsSpan(at, Math.Min(Chunk, values.Length - at));
            Read(MemoryMarshal.AsBytes(part));
            if (!IsFinite(part))
                throw Damaged("it holds infinite numbers");
        }
    }

    private static bool IsFinite(ReadOnlySpan<float> values)
    {
        // x · 0 is 0 for finite numbers and NaN for others, and NaN stays in a sum.
        var sum = Vector<float>.Zero;
        int at = 0;
        for (; at <= values.Length - Vector<float>.Count; at += Vector<float>.Count)
            sum += new Vector<float>(values[at..]) * Vector<float>.Zero;
        float total = Vector.Sum(sum);
        for (; at < values.Length; at++)
            total += values[at] * 0;
        return !float.IsNaN(total);
    }

    private void Read(Span<byte> bytes)
    {
        if (bytes.Length > _left)
            throw Damaged("it is cut off");
        int ready = Math.Min(bytes.Length, _end - _at);
        _buffer.AsSpan(_at, ready).CopyTo(bytes);
        Skip(ready);
        bytes = bytes[ready..];
        if (bytes.Length >= _buffer.Length)
        {
            if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
                throw Damaged("it is cut off");
            _left -= bytes.Length;
        }
        else if (bytes.Length > 0)
        {
            for (int done = 0; done < bytes.Length;)
            {
                Fill();
                int some = Math.Min(bytes.Length - done, _end - _at);
                _buffer.AsSpan(_at, some).CopyTo(bytes[done..]);
                Skip(some);
                done += some;
            }
        }
    }

    private void Skip(int bytes)
    {
        _at += bytes;
        _left -= bytes;
    }

    /// <summary>At least a byte in the buffer.</summary>
    private void Fill()
    {
        if (_at < _end)
            return;
        (_at, _end) = (0, stream.Read(_buffer));
        if (_end == 0)
            throw Damaged("it is cut off");
    }
}
