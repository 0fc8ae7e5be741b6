using System.Runtime.CompilerServices;
using Athanor.Tensors.Amx;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal unsafe partial struct GemmJob
{
    /// <summary>
    /// Writes a finished 32 × 32 block that the kernel left as tiles: at the edge of C, or with anything that the kernel does
    /// not do itself (transposed results, Alpha, adding to bf16).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void StoreSums(float* tiles, int block, int panel, byte* scratch)
    {
        int row0 = block * Packing.Cell, column0 = panel * Packing.Cell;
        if (_plan.Swapped)
        {
            (row0, column0) = (column0, row0);
            float* turned = (float*)scratch;
            Packing.Transpose16((byte*)tiles, 64, (byte*)turned);
            Packing.Transpose16((byte*)(tiles + 256), 64, (byte*)(turned + 512));
            Packing.Transpose16((byte*)(tiles + 512), 64, (byte*)(turned + 256));
            Packing.Transpose16((byte*)(tiles + 768), 64, (byte*)(turned + 768));
            tiles = turned;
        }
        int rows = Math.Min(Packing.Cell, _args.M - row0), columns = Math.Min(Packing.Cell, _args.N - column0);
        if (columns == Packing.Cell && _args.Alpha == 1 && !_args.Accumulate)
        {
            StoreWhole(tiles, rows, (byte*)_args.C + (row0 * _args.Ldc + column0) * _args.OutputType.Size(), _args.Ldc, _args.OutputType);
            return;
        }
        for (int row = 0; row < rows; row++)
        {
            float* sums = tiles + row / 16 * 512 + row % 16 * 16;
            StoreRow(sums, row0 + row, column0, Math.Min(columns, 16));
            if (columns > 16)
                StoreRow(sums + 256, row0 + row, column0 + 16, columns - 16);
        }
    }

    /// <summary>Rows of 32 plain sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreWhole(float* tiles, int rows, byte* target, long ldc, DType type)
    {
        for (int row = 0; row < rows; row++)
        {
            float* sums = tiles + (row & 16) * 32 + (row & 15) * 16;
            F512 left = F512.Load(sums), right = F512.Load(sums + 256);
            if (type == DType.F32)
            {
                F512.Store((float*)target, left);
                F512.Store((float*)target + 16, right);
                target += ldc * 4;
            }
            else
            {
                F512.StoreBf16((ushort*)target, left);
                F512.StoreBf16((ushort*)target + 16, right);
                target += ldc * 2;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void StoreRow(float* sums, int row, int column, int count)
    {
        long at = row * _args.Ldc + column;
        if (count < 16)
        {
            for (int i = 0; i < count; i++)
                StoreLanes<F1>(sums + i, at + i, column + i);
            return;
        }
        StoreLanes<F512>(sums, at, column);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void StoreLanes<V>(float* sums, long at, int column)
        where V : unmanaged, IVector<V>
    {
        V sum = V.Load(sums);
        if (_args.Alpha != 1)
        {
            sum = V.All(_args.Alpha) * sum;
            if (_args.Bias != null)
                sum += V.Load(_args.Bias + column);
        }
        if (_args.OutputType == DType.F32)
            V.Store((float*)_args.C + at, _args.Accumulate ? V.Load((float*)_args.C + at) + sum : sum);
        else
            V.StoreBf16((ushort*)_args.C + at, _args.Accumulate ? V.LoadBf16((ushort*)_args.C + at) + sum : sum);
    }

    /// <summary>K = 0: the bias, or zeros, alone.</summary>
    public readonly void StoreEmptySums()
    {
        for (int row = 0; row < _args.M; row++)
        {
            for (int column = 0; column < _args.N; column++)
            {
                float sum = _args.Bias != null ? _args.Bias[column] : 0;
                long at = row * _args.Ldc + column;
                if (_args.OutputType == DType.F32)
                    ((float*)_args.C)[at] = _args.Accumulate ? ((float*)_args.C)[at] + sum : sum;
                else
                    ((ushort*)_args.C)[at] = BFloat16.FromSingle(_args.Accumulate ? BFloat16.ToSingle(((ushort*)_args.C)[at]) + sum : sum);
            }
        }
    }
}
