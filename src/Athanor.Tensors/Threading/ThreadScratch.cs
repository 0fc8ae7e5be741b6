using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Threading;

/// <summary>
/// Kernel scratch that belongs to the calling thread. Unlike <see cref="Team.Scratch"/> it needs no team, so that kernel bodies, which
/// are plain structs, can reach it, and two threads that start small jobs at once never share a buffer.
/// </summary>
internal sealed unsafe class ThreadScratch
{
    [ThreadStatic] private static ThreadScratch? _mine;
    private static long _totalBytes;

    private readonly byte*[] _memory = new byte*[Slots];
    private readonly long[] _bytes = new long[Slots];

    private ThreadScratch()
    {
    }

    ~ThreadScratch()
    {
        // Runs when the thread is gone.
        for (int slot = 0; slot < Slots; slot++)
        {
            if (_memory[slot] != null)
                Os.FreePages(_memory[slot], (nuint)_bytes[slot]);
            Interlocked.Add(ref _totalBytes, -_bytes[slot]);
        }
    }

    /// <summary>Buffers that a thread can hold at once: the caller of a job is also one of its members, and needs other slots in each role.</summary>
    public const int Slots = 4;

    /// <summary>Bytes that all threads hold.</summary>
    public static long TotalBytes => Interlocked.Read(ref _totalBytes);

    /// <summary>Bytes that the calling thread holds.</summary>
    public static long OfThisThread => _mine is null ? 0 : _mine._bytes.Sum();

    /// <summary>
    /// At least <paramref name="bytes"/>, 64-byte aligned, contents undefined. The next call for that slot on this thread, by any
    /// kernel, may return the same memory: a kernel asks once and cuts the block up itself.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Get(int slot, long bytes)
    {
        ThreadScratch? mine = _mine;
        return mine is not null && mine._bytes[slot] >= bytes ? mine._memory[slot] : Grow(slot, bytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* Grow(int slot, long bytes)
    {
        ThreadScratch mine = _mine ??= new ThreadScratch();
        if (mine._memory[slot] != null)
            Os.FreePages(mine._memory[slot], (nuint)mine._bytes[slot]);
        long rounded = (bytes + 0xFFFF) & ~0xFFFFL;
        Interlocked.Add(ref _totalBytes, -mine._bytes[slot]);
        mine._memory[slot] = (byte*)Os.AllocatePages((nuint)rounded);
        mine._bytes[slot] = mine._memory[slot] == null ? 0 : rounded;
        Interlocked.Add(ref _totalBytes, mine._bytes[slot]);
        if (mine._memory[slot] == null)
            throw new TensorMemoryException("kernel scratch", rounded, TotalBytes, TotalBytes);
        return mine._memory[slot];
    }
}
