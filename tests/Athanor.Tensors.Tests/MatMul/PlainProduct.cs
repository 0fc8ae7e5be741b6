namespace Athanor.Tensors.Tests.MatMul;

/// <summary>A leaf and the way it enters the product: itself, or a transposed view of a leaf that lies the other way.</summary>
internal sealed class Operand
{
    private readonly Tensor _leaf;
    private readonly bool _view;

    private Operand(Tensor leaf, bool view)
    {
        _leaf = leaf;
        _view = view;
        int rank = leaf.Shape.Rank;
        Seen = view ? leaf.Transpose(rank - 1, rank - 2) : leaf;
        Values = Seen.ToArray();
    }

    public Tensor Seen { get; }
    public float[] Values { get; }

    public static Operand Leaf(CpuDevice device, int seed, int[] batch, int rows, int columns, DType type, bool view)
    {
        Shape shape = view ? new Shape([.. batch, columns, rows]) : new Shape([.. batch, rows, columns]);
        return new Operand(Tensor.From(device, shape, MatMulOpTests.Numbers(seed, shape.Count), type, requiresGrad: true), view);
    }

    /// <summary>The leaf's gradient in the order of <see cref="Seen"/>.</summary>
    public float[] Gradient()
    {
        int rank = _leaf.Shape.Rank;
        return (_view ? _leaf.Grad.Transpose(rank - 1, rank - 2) : _leaf.Grad).ToArray();
    }
}

/// <summary>Batched product and its gradients by plain loops in double.</summary>
internal sealed class PlainProduct
{
    public PlainProduct(Operand a, bool transA, Operand b, bool transB, Shape shape, int m, int n, int k, float[] dy)
    {
        Y = new double[shape.Count];
        GradientA = new double[a.Values.Length];
        GradientB = new double[b.Values.Length];
        int rank = shape.Rank - 2;
        long batch = shape.Count / (m * n);
        for (long item = 0; item < batch; item++)
        {
            long atA = At(a.Seen.Shape, shape, rank, item) * m * k, atB = At(b.Seen.Shape, shape, rank, item) * k * n;
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    long at = item * m * n + i * n + j;
                    for (int t = 0; t < k; t++)
                    {
                        long ia = atA + (transA ? t * m + i : i * k + t), ib = atB + (transB ? j * k + t : t * n + j);
                        Y[at] += (double)a.Values[ia] * b.Values[ib];
                        GradientA[ia] += (double)dy[at] * b.Values[ib];
                        GradientB[ib] += (double)dy[at] * a.Values[ia];
                    }
                }
            }
        }
    }

    public double[] Y { get; }
    public double[] GradientA { get; }
    public double[] GradientB { get; }

    /// <summary>Which matrix of an operand belongs to a matrix of the result.</summary>
    private static long At(Shape operand, Shape result, int rank, long item)
    {
        long at = 0, step = 1;
        int own = operand.Rank - 2;
        for (int i = rank - 1; i >= 0; i--)
        {
            long index = item % result[i];
            item /= result[i];
            int mine = i - (rank - own);
            if (mine >= 0)
            {
                at += operand[mine] == 1 ? 0 : index * step;
                step *= operand[mine];
            }
        }
        return at;
    }
}
