using System.Runtime.CompilerServices;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

/// <summary>
/// Conversions and sums of strided views; <see cref="CopyKernel"/> copies between views of one type. Neighbouring dimensions that are
/// contiguous in both views are merged first; what is left runs as rows: contiguous rows by vectors, others element by element.
/// </summary>
internal static unsafe class StridedKernel
{
    private const long ElementsPerChunk = 32 << 10;

    /// <summary>The views' types differ.</summary>
    public static void Convert(CpuDevice device, in TensorView target, in TensorView source) =>
        Run(device, target, source, 0, false);

    public static void Accumulate(CpuDevice device, in TensorView target, in TensorView source, float scale) =>
        Run(device, target, source, scale, true);

    private static void Run(CpuDevice device, in TensorView target, in TensorView source, float scale, bool accumulate)
    {
        var plan = new Plan(target, source, scale, accumulate);
        if (plan.Rows * plan.Columns == 0)
            return;
        // One long row is cut too: items are (row, piece) pairs.
        plan.Piece = Math.Min(plan.Columns, ElementsPerChunk);
        plan.PiecesPerRow = (plan.Columns + plan.Piece - 1) / plan.Piece;
        long items = plan.Rows * plan.PiecesPerRow;
        device.Launch(plan, target.DType.IsFloating() ? target.DType : DType.F32, items, Math.Max(1, ElementsPerChunk / plan.Piece));
    }

    private struct Plan : IKernelBody
    {
        private readonly byte* _target, _source;
        private readonly DType _targetType, _sourceType;
        private readonly int _rank;
        private Strides _extents, _targetStrides, _sourceStrides;
        private readonly long _targetStep, _sourceStep;
        private readonly float _scale;
        private readonly bool _accumulate;
        public long Rows, Columns, Piece, PiecesPerRow;

        public Plan(in TensorView target, in TensorView source, float scale, bool accumulate)
        {
            _target = target.Pointer;
            _source = source.Pointer;
            _targetType = target.DType;
            _sourceType = source.DType;
            _scale = scale;
            _accumulate = accumulate;
            // Merge dimensions from the inside out: a dimension joins the one within when both views step over it evenly.
            Span<long> extents = stackalloc long[Shape.MaxRank], to = stackalloc long[Shape.MaxRank], from = stackalloc long[Shape.MaxRank];
            int count = 0;
            for (int i = target.Shape.Rank - 1; i >= 0; i--)
            {
                long extent = target.Shape[i];
                if (extent == 1)
                    continue;
                if (count > 0 && target.Strides[i] == to[count - 1] * extents[count - 1] && source.Strides[i] == from[count - 1] * extents[count - 1])
                {
                    extents[count - 1] *= extent;
                    continue;
                }
                extents[count] = extent;
                to[count] = target.Strides[i];
                from[count++] = source.Strides[i];
            }
            Columns = count == 0 ? 1 : extents[0];
            _targetStep = count == 0 ? 1 : to[0];
            _sourceStep = count == 0 ? 1 : from[0];
            Rows = target.Shape.Count == 0 ? 0 : 1;
            _rank = Math.Max(0, count - 1);
            for (int i = 0; i < _rank; i++)
            {
                _extents[i] = extents[i + 1];
                _targetStrides[i] = to[i + 1];
                _sourceStrides[i] = from[i + 1];
                Rows *= extents[i + 1];
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<V, T>(int member, long begin, long end)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
        {
            for (long item = begin; item < end; item++)
            {
                long row = item / PiecesPerRow, first = item % PiecesPerRow * Piece, count = Math.Min(Piece, Columns - first);
                long target = first * _targetStep, source = first * _sourceStep;
                for (int i = 0; i < _rank; i++)
                {
                    target += row % _extents[i] * _targetStrides[i];
                    source += row % _extents[i] * _sourceStrides[i];
                    row /= _extents[i];
                }
                byte* to = _target + target * _targetType.Size(), from = _source + source * _sourceType.Size();
                bool contiguous = _targetStep == 1 && _sourceStep == 1;
                if (contiguous && _targetType.IsFloating() && _sourceType == DType.F32)
                    Row<V, T, StoredF32>(to, from, count);
                else if (contiguous && _targetType.IsFloating() && _sourceType == DType.BF16)
                    Row<V, T, StoredBf16>(to, from, count);
                else
                    Elements(to, from, count);
            }
        }

        private readonly void Row<V, T, S>(byte* to, byte* from, long count)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
            where S : struct, IStored
        {
            long done = Span<V, T, S>(to, from, 0, count);
            Span<F1, T, S>(to, from, done, count);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly long Span<V, T, S>(byte* to, byte* from, long i, long count)
            where V : unmanaged, IVector<V>
            where T : struct, IStored
            where S : struct, IStored
        {
            var scale = V.All(_scale);
            for (; i + V.Lanes <= count; i += V.Lanes)
            {
                var value = S.Load<V>(from, i);
                T.Store(to, i, _accumulate ? V.Fma(value, scale, T.Load<V>(to, i)) : value);
            }
            return i;
        }

        private readonly void Elements(byte* to, byte* from, long count)
        {
            int toSize = _targetType.Size(), fromSize = _sourceType.Size();
            for (long i = 0; i < count; i++)
            {
                byte* target = to + i * _targetStep * toSize, source = from + i * _sourceStep * fromSize;
                if (_targetType == DType.I32)
                {
                    *(int*)target = (int)Get(source, _sourceType);
                    continue;
                }
                float value = Get(source, _sourceType);
                Set(target, _targetType, _accumulate ? Get(target, _targetType) + value * _scale : value);
            }
        }

        private static float Get(byte* p, DType type) => type switch
        {
            DType.F32 => *(float*)p,
            DType.BF16 => BFloat16.ToSingle(*(ushort*)p),
            DType.I32 => *(int*)p,
            DType.U8 => *p,
            _ => *(sbyte*)p,
        };

        private static void Set(byte* p, DType type, float value)
        {
            switch (type)
            {
                case DType.F32: *(float*)p = value; break;
                case DType.BF16: *(ushort*)p = BFloat16.FromSingle(value); break;
                case DType.U8: *p = (byte)Math.Clamp(value, 0f, 255f); break;
                case DType.I8: *(sbyte*)p = (sbyte)Math.Clamp(value, -128f, 127f); break;
                default: *(int*)p = (int)value; break;
            }
        }
    }
}
