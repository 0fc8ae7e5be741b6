using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Memory;

/// <summary>
/// A caching allocator of native memory. Blocks come in size classes (sixteen an octave above 1 MB, four below), freed blocks
/// wait in their class, so a training step after the first allocates nothing from the system.
/// </summary>
internal sealed unsafe class NativeHeap
{
    private const long PagesFrom = 1 << 20;
    private const int Classes = 64 * 16;

    private readonly Lock _gate = new();
    private readonly NativeBuffer?[] _cached = new NativeBuffer?[Classes];
    private long _live, _peak, _reserved;

    /// <summary>Bytes in use by tensors now.</summary>
    public long LiveBytes => Volatile.Read(ref _live);

    /// <summary>Largest <see cref="LiveBytes"/> since the start or the last <see cref="ResetPeak"/>.</summary>
    public long PeakBytes => Volatile.Read(ref _peak);

    /// <summary>Bytes taken from the system: live and cached.</summary>
    public long ReservedBytes => Volatile.Read(ref _reserved);

    /// <summary>Reserving more than this fails with <see cref="TensorMemoryException"/>: ATHANOR_MEMORY in GB, else the machine's memory.</summary>
    public long LimitBytes { get; set; } = DefaultLimit();

    /// <summary>Starts a new peak measurement at the present live bytes.</summary>
    public void ResetPeak()
    {
        lock (_gate)
            _peak = _live;
    }

    /// <summary>A buffer of at least <paramref name="bytes"/> with one reference; contents are undefined.</summary>
    public NativeBuffer Rent(long bytes, string purpose)
    {
        int sizeClass = ClassOf(bytes, out long capacity);
        lock (_gate)
        {
            NativeBuffer? buffer = _cached[sizeClass];
            if (buffer is not null)
            {
                _cached[sizeClass] = buffer.NextCached;
                buffer.NextCached = null;
            }
            else
            {
                buffer = Reserve(capacity, sizeClass, bytes, purpose);
            }
            buffer.Reuse();
            _live += capacity;
            _peak = Math.Max(_peak, _live);
            return buffer;
        }
    }

    internal void Return(NativeBuffer buffer)
    {
        lock (_gate)
        {
            _live -= buffer.Bytes;
            buffer.NextCached = _cached[buffer.SizeClass];
            _cached[buffer.SizeClass] = buffer;
        }
    }

    /// <summary>Gives all cached blocks back to the system.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            for (int i = 0; i < Classes; i++)
            {
                for (NativeBuffer? buffer = _cached[i]; buffer is not null; buffer = buffer.NextCached)
                    Unmap(buffer);
                _cached[i] = null;
            }
        }
    }

    private NativeBuffer Reserve(long capacity, int sizeClass, long requested, string purpose)
    {
        if (_reserved + capacity > LimitBytes)
            Trim();
        if (_reserved + capacity > LimitBytes)
            throw new TensorMemoryException(purpose, requested, _live, _peak);
        void* pointer = Map(capacity);
        if (pointer == null)
        {
            Trim();
            pointer = Map(capacity);
        }
        if (pointer == null)
            throw new TensorMemoryException(purpose, requested, _live, _peak);
        _reserved += capacity;
        return new NativeBuffer(this, (byte*)pointer, capacity, sizeClass);
    }

    private static void* Map(long capacity)
    {
        if (capacity >= PagesFrom)
            return Os.AllocatePages((nuint)capacity);
        try
        {
            return NativeMemory.AlignedAlloc((nuint)capacity, 64);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    private void Unmap(NativeBuffer buffer)
    {
        _reserved -= buffer.Bytes;
        if (buffer.Bytes >= PagesFrom)
            Os.FreePages(buffer.Pointer, (nuint)buffer.Bytes);
        else
            NativeMemory.AlignedFree(buffer.Pointer);
        buffer.Unmap();
    }

    /// <summary>
    /// Within each octave (2^o, 2^(o+1)] the capacities are evenly spaced: waste is at most a quarter for small blocks and a
    /// sixteenth for large ones. Below 4 KB they are powers of two.
    /// </summary>
    internal static int ClassOf(long bytes, out long capacity)
    {
        int octave = BitOperations.Log2((ulong)(Math.Max(bytes, 256) - 1));
        int steps = octave >= 20 ? 16 : octave >= 12 ? 4 : 1;
        long step = (1L << octave) / steps;
        long slot = Math.Max(1, (bytes - (1L << octave) + step - 1) / step);
        capacity = (1L << octave) + slot * step;
        return octave * 16 + (int)slot - 1;
    }

    private static long DefaultLimit()
    {
        string? setting = Environment.GetEnvironmentVariable("ATHANOR_MEMORY");
        return double.TryParse(setting, NumberStyles.Float, CultureInfo.InvariantCulture, out double gigabytes) && gigabytes > 0
            ? (long)(gigabytes * (1L << 30))
            : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }
}
