using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Kernels;

/// <summary>Arguments of <see cref="MuonKernel"/>: one matrix of <see cref="Rows"/> × <see cref="Columns"/>, row-major.</summary>
internal unsafe struct MuonArgs
{
    public float* Master;
    public float* Momentum;
    public float* Gradient;

    /// <summary>bf16 copy of the new weights; null when the fp32 weights are used themselves.</summary>
    public ushort* Copy;
    public int Rows, Columns;
    public float LearningRate, MomentumFactor, WeightDecay, GradientScale;

    /// <summary>Factor of the orthogonal update: depends on the shape, see Optimizers.MuonScale.</summary>
    public float UpdateScale;
    public int Iterations;
    public bool Nesterov, ZeroGradient;

    /// <summary><see cref="MuonKernel.WorkspaceBytes"/> bytes, aligned to 64.</summary>
    public byte* Workspace;
}

/// <summary>
/// Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): the momentum of a matrix is replaced by the nearest matrix with orthonormal rows or
/// columns, found by the quintic Newton-Schulz iteration with the published coefficients:
/// <code>
/// g = scale·gradient;  M = μ·M + (1-μ)·g;  U = nesterov ? (1-μ)·g + μ·M : M;  X = U / (‖U‖ + 1e-7)
/// repeat: A = X·Xᵀ;  X = 3.4445·X + (-4.7750·A + 2.0315·A²)·X          (Xᵀ·X from the right when X is tall)
/// w = w·(1 - lr·wd) - lr·s·X
/// </code>
/// </summary>
/// <remarks>
/// The coefficients trade exactness for speed at zero: after five iterations the singular values lie in about 0.7 … 1.2. Products are bf16 on AMX,
/// as in the published implementation, and fp32 elsewhere. A NaN anywhere in the gradient makes the whole matrix NaN, as its norm is NaN.
/// </remarks>
internal static unsafe partial class MuonKernel
{
    private const float A = 3.4445f, B = -4.7750f, C = 2.0315f;
    private const long Chunk = 1 << 14;

    /// <summary>Scratch for a matrix: X and the Gram matrix twice each, and the partial sums of the norm.</summary>
    public static long WorkspaceBytes(int rows, int columns)
    {
        long matrix = (long)rows * columns, small = Math.Min(rows, columns);
        return 2 * Aligned(matrix * 4) + 3 * Aligned(small * small * 4) + Aligned(SquaredNormKernel.Partials(matrix) * 8);
    }

    /// <summary>Does one step of one matrix.</summary>
    public static void Run(CpuDevice device, in MuonArgs args)
    {
        long count = (long)args.Rows * args.Columns;
        if (count == 0)
            return;
        DType type = device.Path == KernelPath.Amx ? DType.BF16 : DType.F32;
        int small = Math.Min(args.Rows, args.Columns);
        byte* next = args.Workspace;
        var x = (void*)Take(ref next, count * 4);
        var product = (float*)Take(ref next, count * 4);
        var gram = (void*)Take(ref next, (long)small * small * 4);
        var polynomial = (void*)Take(ref next, (long)small * small * 4);
        var square = (float*)Take(ref next, (long)small * small * 4);
        var partials = (double*)Take(ref next, SquaredNormKernel.Partials(count) * 8);

        Momentum(device, args, product, count);
        double norm = Math.Sqrt(SquaredNormKernel.Run(device, product, count, partials));
        Combine(device, new CombineArgs { Target = x, Y = product, YFactor = (float)(1 / (norm + 1e-7)), Type = type, Count = count });
        bool tall = args.Rows > args.Columns;
        for (int i = 0; i < args.Iterations; i++)
        {
            // A = X·Xᵀ or Xᵀ·X, in the type of the products.
            var g = new GemmArgs
            {
                M = small,
                N = small,
                K = tall ? args.Rows : args.Columns,
                A = x,
                Lda = args.Columns,
                TransA = tall,
                B = x,
                Ldb = args.Columns,
                TransB = !tall,
                C = gram,
                Ldc = small,
                InputType = type,
                OutputType = type,
            };
            MatMulKernel.Run(device, g);
            // b·A + c·A².
            MatMulKernel.Run(device, new GemmArgs { M = small, N = small, K = small, A = gram, Lda = small, B = gram, Ldb = small, C = square, Ldc = small, InputType = type, OutputType = DType.F32 });
            Combine(device, new CombineArgs { Target = polynomial, X = gram, XFactor = B, Y = square, YFactor = C, Type = type, Count = (long)small * small });
            // a·X + (…)·X.
            MatMulKernel.Run(device, new GemmArgs
            {
                M = args.Rows,
                N = args.Columns,
                K = small,
                A = tall ? x : polynomial,
                Lda = small,
                B = tall ? polynomial : x,
                Ldb = args.Columns,
                C = product,
                Ldc = args.Columns,
                InputType = type,
                OutputType = DType.F32,
            });
            Combine(device, new CombineArgs { Target = x, X = x, XFactor = A, Y = product, YFactor = 1, Type = type, Count = count });
        }
        Apply(device, args, x, type, count);
    }

    private static byte* Take(ref byte* next, long bytes)
    {
        byte* start = next;
        next += Aligned(bytes);
        return start;
    }

    private static long Aligned(long bytes) => (bytes + 63) & ~63L;

    /// <summary>target = XFactor·x + YFactor·y; x and target share a type, y is fp32; a null x counts as zero.</summary>
    private struct CombineArgs
    {
        public void* Target, X;
        public float* Y;
        public float XFactor, YFactor;
        public DType Type;
        public long Count;
    }

    private static void Momentum(CpuDevice device, in MuonArgs args, float* update, long count)
    {
        if (device.Path == KernelPath.Reference)
            ReferenceMomentum(args, update, count);
        else
            device.Launch(new ElementBody<MomentumSweep> { Sweep = new MomentumSweep { Args = args, Update = update } }, DType.F32, count, Chunk);
    }

    private static void Combine(CpuDevice device, in CombineArgs args)
    {
        if (device.Path == KernelPath.Reference)
            ReferenceCombine(args);
        else
            device.Launch(new ElementBody<CombineSweep> { Sweep = new CombineSweep { Args = args } }, args.Type, args.Count, Chunk);
    }

    private static void Apply(CpuDevice device, in MuonArgs args, void* x, DType type, long count)
    {
        if (device.Path == KernelPath.Reference)
            ReferenceApply(args, (float*)x, count);
        else
            device.Launch(new ElementBody<ApplySweep> { Sweep = new ApplySweep { Args = args, X = x } }, type, count, Chunk);
    }
}
