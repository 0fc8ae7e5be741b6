using System.Buffers;

namespace Athanor.Data.Documents;

/// <summary>Bytes that grow, in arrays that are lent out again afterwards: large arrays made anew would each bring the collection of all memory nearer.</summary>
/// <param name="least">Bytes to begin with.</param>
internal sealed class PooledBytes(int least) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(least);

    /// <summary>Bytes written.</summary>
    public int Count { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Advance(int count) => Count += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsMemory(Count);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsSpan(Count);
    }

    /// <summary>Gives the array back; nothing can be written any more.</summary>
    public void Dispose()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, Count) = ([], 0);
    }

    private void MakeRoom(int size)
    {
        size = Math.Max(1, size);
        if (_bytes.Length - Count >= size)
            return;
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max((long)Count + size, 2L * _bytes.Length)));
        _bytes.AsSpan(0, Count).CopyTo(larger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
