using System.Runtime.InteropServices;

namespace Athanor.Tensors.Tests.Testing;

/// <summary>
/// A 64-byte aligned native array for kernel tests. The bytes around it are a pattern (NaN when read as numbers) that must
/// still be there when the buffer is disposed, so writes beyond either end fail the test.
/// </summary>
internal sealed unsafe class TestBuffer : IDisposable
{
    private const int Fence = 256;
    private const byte Pattern = 0xFF;
    private readonly byte* _raw;
    private readonly long _bytes;
    private bool _disposed;

    public TestBuffer(long length, DType type)
    {
        Length = length;
        Type = type;
        _bytes = length * type.Size();
        _raw = (byte*)NativeMemory.AlignedAlloc((nuint)(_bytes + 2 * Fence), 64);
        new Span<byte>(_raw, (int)(_bytes + 2 * Fence)).Fill(Pattern);
        new Span<byte>(_raw + Fence, (int)_bytes).Clear();
    }

    public long Length { get; }
    public DType Type { get; }
    public void* Pointer => _raw + Fence;
    public float* F32 => Type == DType.F32 ? (float*)Pointer : throw new InvalidOperationException($"The buffer holds {Type}.");
    public ushort* Bf16 => Type == DType.BF16 ? (ushort*)Pointer : throw new InvalidOperationException($"The buffer holds {Type}.");
    public int* I32 => Type == DType.I32 ? (int*)Pointer : throw new InvalidOperationException($"The buffer holds {Type}.");
    public Span<byte> Bytes => new(Pointer, (int)_bytes);

    public float this[long i]
    {
        get => Type switch
        {
            DType.F32 => ((float*)Pointer)[i],
            DType.BF16 => BFloat16.ToSingle(((ushort*)Pointer)[i]),
            DType.I32 => ((int*)Pointer)[i],
            DType.U8 => ((byte*)Pointer)[i],
            _ => ((sbyte*)Pointer)[i],
        };
        set
        {
            switch (Type)
            {
                case DType.F32: ((float*)Pointer)[i] = value; break;
                case DType.BF16: ((ushort*)Pointer)[i] = BFloat16.FromSingle(value); break;
                case DType.I32: ((int*)Pointer)[i] = (int)value; break;
                case DType.U8: ((byte*)Pointer)[i] = (byte)value; break;
                default: ((sbyte*)Pointer)[i] = (sbyte)value; break;
            }
        }
    }

    public TestBuffer Clone()
    {
        var copy = new TestBuffer(Length, Type);
        Bytes.CopyTo(copy.Bytes);
        return copy;
    }

    public float[] ToArray()
    {
        var values = new float[Length];
        for (long i = 0; i < Length; i++)
            values[i] = this[i];
        return values;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        int before = new ReadOnlySpan<byte>(_raw, Fence).IndexOfAnyExcept(Pattern);
        int after = new ReadOnlySpan<byte>(_raw + Fence + _bytes, Fence).IndexOfAnyExcept(Pattern);
        NativeMemory.AlignedFree(_raw);
        if (before >= 0)
            Assert.Fail($"A kernel wrote {Fence - before} bytes before the start of a {Type} buffer of {Length}.");
        if (after >= 0)
            Assert.Fail($"A kernel wrote {after} bytes beyond the end of a {Type} buffer of {Length}.");
    }
}
