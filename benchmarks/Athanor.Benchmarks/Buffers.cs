using System.Runtime.InteropServices;
using Athanor.Tensors;
using Athanor.Tensors.Cpu;

namespace Athanor.Benchmarks;

/// <summary>Native arrays filled with pseudo-random numbers, freed together.</summary>
internal sealed unsafe class Buffers : IDisposable
{
    // Longer arrays repeat their first part: the speed of no kernel depends on it, that of the set-up does.
    private const long Drawn = 4 << 20;
    private readonly List<(nint Address, nuint Bytes)> _pages = [];
    private uint _seed = 1;

    /// <summary>bf16 or fp32 numbers, uniform in [-scale, scale).</summary>
    public void* Random(DType type, long count, float scale = 0.5f)
    {
        int size = type == DType.F32 ? 4 : 2;
        byte* data = (byte*)Zero(count * size);
        for (long i = 0; i < Math.Min(count, Drawn); i++)
        {
            float value = (Next() / (float)(1 << 24) * 2 - 1) * scale;
            if (type == DType.F32)
                ((float*)data)[i] = value;
            else
                ((ushort*)data)[i] = BFloat16.FromSingle(value);
        }
        for (long i = Drawn; i < count; i += Drawn)
            Buffer.MemoryCopy(data, data + i * size, (count - i) * size, Math.Min(Drawn, count - i) * size);
        return data;
    }

    /// <summary>Integers in [0, below).</summary>
    public int* RandomInts(long count, int below)
    {
        int* data = (int*)Zero(count * sizeof(int));
        for (long i = 0; i < count; i++)
            data[i] = (int)(Next() % (uint)below);
        return data;
    }

    /// <summary>Zeroed memory whose pages exist.</summary>
    public void* Zero(long bytes)
    {
        void* data = Os.AllocatePages((nuint)bytes);
        if (data == null)
            throw new TensorMemoryException("benchmark data", bytes, 0, 0);
        _pages.Add(((nint)data, (nuint)bytes));
        NativeMemory.Clear(data, (nuint)bytes);
        return data;
    }

    public void Dispose()
    {
        foreach (var (address, bytes) in _pages)
            Os.FreePages((void*)address, bytes);
        _pages.Clear();
    }

    private uint Next()
    {
        _seed = _seed * 1664525 + 1013904223;
        return _seed >> 8;
    }
}
