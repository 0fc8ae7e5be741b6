using System.Runtime.InteropServices;

namespace Athanor.Data.Deduplication.Sorting;

/// <summary>Records outside the managed heap: as many as there is room for, released when done, counted to the byte.</summary>
internal sealed unsafe class NativeArray<T> : IDisposable where T : unmanaged
{
    public NativeArray(long length)
    {
        Length = length;
        Pointer = (T*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, length * sizeof(T)), 64);
    }

    public T* Pointer { get; private set; }

    public long Length { get; private set; }

    /// <summary>More room; what is there stays.</summary>
    public void Grow(long length)
    {
        Pointer = (T*)NativeMemory.AlignedRealloc(Pointer, (nuint)(length * sizeof(T)), 64);
        Length = length;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
        Length = 0;
        GC.SuppressFinalize(this);
    }

    ~NativeArray() => NativeMemory.AlignedFree(Pointer);
}
