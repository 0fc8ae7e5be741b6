using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>Rows of n numbers as signed bytes with one scale, as a cache keeps keys and values: x ≈ scale · q, scale = max |x| / 127, so the error is at most scale / 2.</summary>
internal unsafe struct ByteRowsArgs
{
    /// <summary>Rows, and numbers of a row; dense.</summary>
    public long Rows;
    public int Columns;

    /// <summary>[Rows, Columns] of <see cref="Type"/>, F32 or BF16.</summary>
    public void* Values;
    public DType Type;

    public sbyte* Bytes;
    public float* Scales;

    /// <summary>
    /// Null, or where rows come from when they are read: row i lies in row Blocks[i / BlockRows] · BlockRows + i mod BlockRows of <see cref="Bytes"/> and <see cref="Scales"/>.
    /// </summary>
    public int* Blocks;
    public long BlockRows;
}

/// <summary>See <see cref="ByteRowsArgs"/>. A row depends on nothing but itself. Numbers that are not finite make their row NaN.</summary>
internal static unsafe class ByteRowsKernel
{
    private const int RowsAtOnce = 64;

    /// <summary>Fills bytes and scales from the values.</summary>
    public static void Encode(CpuDevice device, ByteRowsArgs args)
    {
        if (device.Path == KernelPath.Reference)
            EncodeRows(&args, 0, 0, args.Rows);
        else
            device.Team.For(args.Rows, RowsAtOnce, &EncodeRows, &args);
    }

    /// <summary>Fills the values from bytes and scales.</summary>
    public static void Decode(CpuDevice device, ByteRowsArgs args)
    {
        if (device.Path == KernelPath.Reference)
            DecodeRows(&args, 0, 0, args.Rows);
        else
            device.Team.For(args.Rows, RowsAtOnce, &DecodeRows, &args);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EncodeRows(void* state, int member, long begin, long end)
    {
        var args = (ByteRowsArgs*)state;
        int columns = args->Columns;
        for (long row = begin; row < end; row++)
        {
            long first = row * columns;
            float most = 0;
            for (int i = 0; i < columns; i++)
                most = MathF.Max(most, MathF.Abs((float)StoredScalar.Get(args->Values, first + i, args->Type)));
            args->Scales[row] = float.IsFinite(most) ? most / 127 : float.NaN;
            float inverse = most > 0 && float.IsFinite(most) ? 127 / most : 0;
            for (int i = 0; i < columns; i++)
                args->Bytes[first + i] = float.IsNaN(args->Scales[row]) ? (sbyte)1 : (sbyte)Math.Clamp(MathF.Round((float)StoredScalar.Get(args->Values, first + i, args->Type) * inverse), -127, 127);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DecodeRows(void* state, int member, long begin, long end)
    {
        var args = (ByteRowsArgs*)state;
        int columns = args->Columns;
        for (long row = begin; row < end; row++)
        {
            long from = args->Blocks == null ? row : args->Blocks[row / args->BlockRows] * args->BlockRows + row % args->BlockRows, first = row * columns;
            float scale = args->Scales[from];
            sbyte* bytes = args->Bytes + from * columns;
            if (args->Type == DType.F32)
            {
                float* to = (float*)args->Values + first;
                for (int i = 0; i < columns; i++)
                    to[i] = bytes[i] * scale;
            }
            else
            {
                ushort* to = (ushort*)args->Values + first;
                for (int i = 0; i < columns; i++)
                    to[i] = BFloat16.FromSingle(bytes[i] * scale);
            }
        }
    }
}
