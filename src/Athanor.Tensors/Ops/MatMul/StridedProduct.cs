using Athanor.Tensors.Kernels;

namespace Athanor.Tensors;

/// <summary>One operand of a product over a batch: where it is and how far apart neighbours are, in elements.</summary>
internal unsafe struct ProductOperand
{
    public byte* Data;
    public DType DType;
    public long RowStride, ColumnStride;
    public Strides Batch;

    /// <param name="tensor">[…, rows, columns], or […, columns, rows] when <paramref name="transposed"/>.</param>
    /// <param name="transposed">Exchanges the last two dimensions.</param>
    /// <param name="rank">Batch dimensions of the product; missing ones and extents of 1 are repeated.</param>
    public static ProductOperand Of(Tensor tensor, bool transposed, int rank)
    {
        Shape shape = tensor.Shape;
        Strides strides = tensor.Strides;
        var operand = new ProductOperand
        {
            Data = (byte*)tensor.Data,
            DType = tensor.DType,
            RowStride = strides[shape.Rank - (transposed ? 1 : 2)],
            ColumnStride = strides[shape.Rank - (transposed ? 2 : 1)],
        };
        int own = shape.Rank - 2;
        for (int i = 0; i < own; i++)
            operand.Batch[rank - own + i] = shape[i] == 1 ? 0 : strides[i];
        return operand;
    }

    public readonly ProductOperand Transposed()
    {
        ProductOperand other = this;
        (other.RowStride, other.ColumnStride) = (ColumnStride, RowStride);
        return other;
    }
}

/// <summary>
/// C[M,N] (+)= A[M,K]·B[K,N] over up to four batch dimensions given by strides; a stride of 0 repeats an operand, in C it sums.
/// Batch dimensions that continue M, N or K in memory become part of it, so that a weight shared by a batch is one large product.
/// </summary>
internal unsafe ref struct StridedProduct
{
    private ProductOperand _a, _b, _c;
    private long _m, _n, _k;
    private Span<int> _extents;
    private bool _accumulate;

    /// <summary>Whether the last two dimensions suit the kernels as they lie: one of them contiguous.</summary>
    public static bool Fits(Tensor tensor)
    {
        int rank = tensor.Shape.Rank;
        Strides strides = tensor.Strides;
        return tensor.Shape[-1] == 1 || strides[rank - 1] == 1 || tensor.Shape[-2] == 1 || strides[rank - 2] == 1;
    }

    /// <param name="kernels">The device's op list.</param>
    /// <param name="c">The result; contiguous along one of its last two dimensions.</param>
    /// <param name="batch">Extents of the batch dimensions.</param>
    /// <param name="accumulate">Adds to C.</param>
    public static void Run(IKernels kernels, in ProductOperand c, in ProductOperand a, in ProductOperand b, int m, int n, int k, scoped ReadOnlySpan<int> batch, bool accumulate)
    {
        Span<int> extents = stackalloc int[Shape.MaxRank];
        batch.CopyTo(extents);
        var product = new StridedProduct { _a = a, _b = b, _c = c, _m = m, _n = n, _k = k, _extents = extents[..batch.Length], _accumulate = accumulate };
        // The kernels write rows: a result that lies by columns is the transposed product.
        if (c.ColumnStride != 1 && n != 1)
        {
            product._a = b.Transposed();
            product._b = a.Transposed();
            product._c = c.Transposed();
            (product._m, product._n) = (n, m);
        }
        product.Fold();
        product.Loop(kernels, product._extents.Length - 1);
    }

    /// <summary>Joins the innermost batch dimensions to M, N or K where all three operands step evenly.</summary>
    private void Fold()
    {
        while (_extents.Length > 0)
        {
            int i = _extents.Length - 1, extent = _extents[i];
            long a = _a.Batch[i], b = _b.Batch[i], c = _c.Batch[i];
            if (extent != 1)
            {
                if (b == 0 && a == _m * _a.RowStride && c == _m * _c.RowStride && c != 0)
                    _m *= extent;
                else if (a == 0 && b == _n * _b.ColumnStride && c == _n && c != 0)
                    _n *= extent;
                else if (c == 0 && a == _k * _a.ColumnStride && b == _k * _b.RowStride)
                    _k *= extent;
                else
                    return;
            }
            _extents = _extents[..i];
        }
    }

    /// <summary>The innermost dimension left goes to the kernel as its batch; the others are loops here.</summary>
    private void Loop(IKernels kernels, int last)
    {
        int batch = 1;
        if (last >= 0 && _c.Batch[last] != 0)
            batch = _extents[last--];
        int inner = last + 1;
        long count = 1;
        for (int i = 0; i <= last; i++)
            count *= _extents[i];
        for (long item = 0; item < count; item++)
        {
            long a = 0, b = 0, c = 0, rest = item;
            bool again = false;
            for (int i = last; i >= 0; i--)
            {
                long index = rest % _extents[i];
                rest /= _extents[i];
                a += index * _a.Batch[i];
                b += index * _b.Batch[i];
                c += index * _c.Batch[i];
                again |= index != 0 && _c.Batch[i] == 0;
            }
            Call(kernels, a, b, c, batch, inner, _accumulate || again);
        }
    }

    private readonly void Call(IKernels kernels, long a, long b, long c, int batch, int inner, bool accumulate)
    {
        bool batched = batch != 1;
        var args = new GemmArgs
        {
            M = checked((int)_m),
            N = checked((int)_n),
            K = checked((int)_k),
            A = _a.Data + a * _a.DType.Size(),
            B = _b.Data + b * _b.DType.Size(),
            C = _c.Data + c * _c.DType.Size(),
            Ldc = _c.RowStride,
            InputType = _a.DType,
            OutputType = _c.DType,
            Accumulate = accumulate,
            Batch = batch,
            StrideA = batched ? _a.Batch[inner] : 0,
            StrideB = batched ? _b.Batch[inner] : 0,
            StrideC = batched ? _c.Batch[inner] : 0,
        };
        (args.Lda, args.TransA) = Lead(_a, _k);
        (args.Ldb, args.TransB) = Lead(_b, _n);
        kernels.MatMul(args);
    }

    // Of an operand with a single row or column the other stride is the only one that counts.
    private static (long Ld, bool Transposed) Lead(in ProductOperand operand, long columns) =>
        operand.ColumnStride == 1 || columns == 1 ? (operand.RowStride, false) : (operand.ColumnStride, true);
}
