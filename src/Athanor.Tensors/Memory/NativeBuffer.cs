namespace Athanor.Tensors.Memory;

/// <summary>
/// A block of native memory shared by counted references: tensors, views and nodes that saved them. The last release
/// hands the block back to its heap's cache. Objects are reused together with their blocks.
/// </summary>
internal sealed unsafe class NativeBuffer
{
    private int _references;

    internal NativeBuffer(NativeHeap heap, byte* pointer, long bytes, int sizeClass)
    {
        Heap = heap;
        Pointer = pointer;
        Bytes = bytes;
        SizeClass = sizeClass;
    }

    public NativeHeap Heap { get; }

    /// <summary>64-byte aligned; 2 MB aligned for large blocks.</summary>
    public byte* Pointer { get; private set; }

    /// <summary>Capacity, at least what was asked for.</summary>
    public long Bytes { get; }

    /// <summary>How many hold this buffer. In-place work is allowed to the only holder.</summary>
    public int References => _references;

    internal int SizeClass { get; }
    internal NativeBuffer? NextCached { get; set; }

    internal void Reuse() => _references = 1;

    public void Retain() => Interlocked.Increment(ref _references);

    public void Release()
    {
        int left = Interlocked.Decrement(ref _references);
        if (left == 0)
            Heap.Return(this);
        else if (left < 0)
            throw new InvalidOperationException("A tensor buffer was released twice.");
    }

    internal void Unmap() => Pointer = null;
}
