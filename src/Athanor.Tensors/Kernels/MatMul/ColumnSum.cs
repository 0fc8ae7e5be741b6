using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>Target[Columns] += Σ over rows of X[Rows, Columns], rows <see cref="Ld"/> elements apart; F32 or BF16, summed in fp32.</summary>
internal unsafe struct ColumnSumArgs
{
    public void* X;
    public DType Type;
    public long Rows, Ld;
    public int Columns;
    public float* Target;
}

/// <summary>Column sums: threads take columns, so the order of the rows is the same whatever the team.</summary>
internal static unsafe class ColumnSumKernel
{
    public static void Run(CpuDevice device, in ColumnSumArgs args)
    {
        if (device.Path == KernelPath.Reference)
            Reference(args);
        else
            device.Launch(new Body(args), args.Type, args.Columns, Body.Block);
    }

    private static void Reference(in ColumnSumArgs args)
    {
        for (int j = 0; j < args.Columns; j++)
        {
            double sum = args.Target[j];
            for (long i = 0; i < args.Rows; i++)
                sum += args.Type == DType.F32 ? ((float*)args.X)[i * args.Ld + j] : BFloat16.ToSingle(((ushort*)args.X)[i * args.Ld + j]);
            args.Target[j] = (float)sum;
        }
    }

    private readonly struct Body(in ColumnSumArgs args) : IKernelBody
    {
        /// <summary>Columns that a thread takes at once: long enough pieces of each row for the memory.</summary>
        public const int Block = 256;

        // Sums of so many rows are added up apart, so that rounding errors stay small over long columns.
        private const long RowBlock = 256;

        private readonly ColumnSumArgs _args = args;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            float* sums = stackalloc float[Block];
            for (long block = begin; block < end; block += Block)
            {
                int columns = (int)Math.Min(end - block, Block), whole = columns / V.Lanes * V.Lanes;
                for (long row = 0; row < _args.Rows; row += RowBlock)
                {
                    byte* x = (byte*)_args.X + (row * _args.Ld + block) * T.Size;
                    long rows = Math.Min(RowBlock, _args.Rows - row);
                    new Span<float>(sums, columns).Clear();
                    Add<V, T>(x, rows, 0, whole, sums);
                    Add<F1, T>(x, rows, whole, columns, sums);
                    for (int j = 0; j < columns; j++)
                        _args.Target[block + j] += sums[j];
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Add<W, T>(byte* x, long rows, int from, int to, float* sums)
            where W : unmanaged, IVector<W>
            where T : struct, IStored
        {
            long stride = _args.Ld * T.Size;
            for (; rows >= 4; rows -= 4, x += 4 * stride)
            {
                for (int j = from; j < to; j += W.Lanes)
                {
                    W pair = T.Load<W>(x, j) + T.Load<W>(x + stride, j), other = T.Load<W>(x + 2 * stride, j) + T.Load<W>(x + 3 * stride, j);
                    W.Store(sums + j, W.Load(sums + j) + (pair + other));
                }
            }
            for (; rows > 0; rows--, x += stride)
            {
                for (int j = from; j < to; j += W.Lanes)
                    W.Store(sums + j, W.Load(sums + j) + T.Load<W>(x, j));
            }
        }
    }
}
