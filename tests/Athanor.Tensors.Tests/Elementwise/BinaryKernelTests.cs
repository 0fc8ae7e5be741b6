using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;
using FsCheck;
using FsCheck.Fluent;
using TestData = Athanor.Tensors.Tests.Testing.TestData;

namespace Athanor.Tensors.Tests.Elementwise;

public sealed unsafe class BinaryKernelTests
{
    private static readonly (long[] A, long[] B)[] Shapes =
    [
        ([1], [1]), ([7], [7]), ([5, 33], [5, 33]), ([5, 33], [1]), ([5, 33], [33]), ([5, 33], [5, 1]), ([33], [5, 33]), ([5, 1], [1, 33]),
        ([2, 3, 4, 5, 2, 3], [3, 1, 5, 1, 3]), ([64, 300], [300]), ([3, 1, 17], [1, 40, 1]),
    ];

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Every_function_broadcasts_and_agrees_with_the_reference(CpuDevice device, DType type)
    {
        foreach (BinaryFunction function in Enum.GetValues<BinaryFunction>())
        {
            foreach ((long[] shapeA, long[] shapeB) in Shapes)
                CheckCase(device, function, type, shapeA, shapeB);
            if (function == BinaryFunction.Add)
            {
                CheckCase(device, function, type, [20000], [1]);
                CheckCase(device, function, type, [1, 1], [40, 700]);
            }
        }
    }

    [Fact]
    public void Random_shapes_broadcast_like_the_reference()
    {
        // Rank up to 6, each dimension of either operand kept or repeated.
        Gen<int> seeds = Gen.Choose(0, int.MaxValue - 1);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(seeds.ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            int rank = random.Next(1, 7);
            long[] a = new long[rank], b = new long[rank];
            for (int d = 0; d < rank; d++)
            {
                long size = ((long[])[1, 2, 3, 5, 19])[random.Next(5)];
                (a[d], b[d]) = (random.Next(3) == 0 ? 1 : size, random.Next(3) == 0 ? 1 : size);
            }
            CheckCase(TestDevices.Fast[0], BinaryFunction.Subtract, DType.F32, a, b[random.Next(rank)..]);
        }));
    }

    [Fact]
    public void Neighbouring_dimensions_merge()
    {
        Broadcast same = Broadcast.Plan([4, 5, 6], [30, 6, 1], [30, 6, 1]);
        Assert.Equal((1, 120L), (same.Rank, same.Inner));
        Broadcast row = Broadcast.Plan([4, 5, 6], [30, 6, 1], [0, 0, 1]);
        Assert.Equal((2, 6L, 1L), (row.Rank, row.Inner, row.InnerStride(1)));
        Broadcast column = Broadcast.Plan([4, 5, 6], [30, 6, 1], [1, 0, 0]);
        Assert.Equal((2, 30L, 0L), (column.Rank, column.Inner, column.InnerStride(1)));
    }

    [Fact]
    public void Reference_gradients_agree_with_finite_differences()
    {
        foreach (BinaryFunction function in Enum.GetValues<BinaryFunction>())
        {
            const int n = 20;
            using TestBuffer a = TestData.Normal(1, n, DType.F32), b = TestData.Uniform(2, n, DType.F32, 0.5, 2), dy = TestData.Normal(3, n, DType.F32);
            using TestBuffer y = TestData.Zeros(n, DType.F32), da = TestData.Zeros(n, DType.F32), db = TestData.Zeros(n, DType.F32);
            Broadcast plan = Broadcast.Plan([n], [1], [1]);
            BinaryKernel.BackwardA(TestDevices.Reference, function, DType.F32, a.Pointer, b.Pointer, dy.Pointer, da.Pointer, plan);
            BinaryKernel.BackwardB(TestDevices.Reference, function, DType.F32, a.Pointer, b.Pointer, dy.Pointer, db.Pointer, plan);
            double Loss()
            {
                BinaryKernel.Forward(TestDevices.Reference, function, DType.F32, a.Pointer, b.Pointer, y.Pointer, plan);
                return FiniteDifferences.Dot(dy, y);
            }
            FiniteDifferences.Check(Loss, a, da, what: $"{function} a");
            FiniteDifferences.Check(Loss, b, db, what: $"{function} b");
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Comparison_and_selection_agree_with_the_reference(CpuDevice device, DType type)
    {
        const int rows = 7, cols = 45;
        using TestBuffer a = TestData.Integers(1, rows * cols, -2, 3, type), b = TestData.Integers(2, cols, -2, 3, type);
        a[3] = float.NaN;
        foreach (Comparison comparison in Enum.GetValues<Comparison>())
        {
            using TestBuffer mask = TestData.Zeros(rows * cols, DType.U8), expected = TestData.Zeros(rows * cols, DType.U8);
            Broadcast plan = Broadcast.Plan([rows, cols], [cols, 1], [0, 1]);
            ChoiceKernel.Compare(device, comparison, type, a.Pointer, b.Pointer, (byte*)mask.Pointer, plan);
            ChoiceKernel.Compare(TestDevices.Reference, comparison, type, a.Pointer, b.Pointer, (byte*)expected.Pointer, plan);
            Compare.SameBytes(mask, expected, comparison.ToString());
            Assert.Equal(comparison == Comparison.NotEqual ? 1 : 0, mask[3]);
            using TestBuffer y = TestData.Zeros(rows * cols, type), z = TestData.Zeros(rows * cols, type);
            plan = Broadcast.Plan([rows, cols], [cols, 1], [cols, 1], [0, 1]);
            ChoiceKernel.Select(device, type, (byte*)mask.Pointer, a.Pointer, b.Pointer, y.Pointer, plan);
            ChoiceKernel.Select(TestDevices.Reference, type, (byte*)mask.Pointer, a.Pointer, b.Pointer, z.Pointer, plan);
            Compare.SameBytes(y, z, "selection");
        }
    }

    private static void CheckCase(CpuDevice device, BinaryFunction function, DType type, long[] shapeA, long[] shapeB)
    {
        int rank = Math.Max(shapeA.Length, shapeB.Length);
        long[] sizes = new long[rank], stridesA = Strides(shapeA, rank), stridesB = Strides(shapeB, rank);
        for (int d = 0; d < rank; d++)
            sizes[d] = Math.Max(Size(shapeA, rank, d), Size(shapeB, rank, d));
        Broadcast plan = Broadcast.Plan(sizes, stridesA, stridesB);
        using TestBuffer a = TestData.Normal(1, Count(shapeA), type), b = TestData.Uniform(2, Count(shapeB), type, 0.5, 2), dy = TestData.Normal(3, plan.Count, type);
        using TestBuffer y = TestData.Zeros(plan.Count, type), expected = TestData.Zeros(plan.Count, type);
        string what = $"{function} [{string.Join(", ", shapeA)}] [{string.Join(", ", shapeB)}]";
        for (int direction = 0; direction < 3; direction++)
        {
            Run(device, y);
            Run(TestDevices.Reference, expected);
            Compare.Close(y, expected, Compare.Tolerance(type, 1e-6), 1e-7, what + " direction " + direction);

            void Run(CpuDevice on, TestBuffer result)
            {
                if (direction == 0)
                    BinaryKernel.Forward(on, function, type, a.Pointer, b.Pointer, result.Pointer, plan);
                else if (direction == 1)
                    BinaryKernel.BackwardA(on, function, type, a.Pointer, b.Pointer, dy.Pointer, result.Pointer, plan);
                else
                    BinaryKernel.BackwardB(on, function, type, a.Pointer, b.Pointer, dy.Pointer, result.Pointer, plan);
            }
        }
    }

    private static long Size(long[] shape, int rank, int d) => d < rank - shape.Length ? 1 : shape[d - (rank - shape.Length)];

    private static long Count(long[] shape)
    {
        long count = 1;
        foreach (long size in shape)
            count *= size;
        return count;
    }

    private static long[] Strides(long[] shape, int rank)
    {
        long[] strides = new long[rank];
        long step = 1;
        for (int d = rank - 1; d >= 0; d--)
        {
            strides[d] = Size(shape, rank, d) == 1 ? 0 : step;
            step *= Size(shape, rank, d);
        }
        return strides;
    }
}
