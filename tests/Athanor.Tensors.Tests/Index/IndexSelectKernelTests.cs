using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Index;

public sealed unsafe class IndexSelectKernelTests
{
    private static readonly (int Outer, int Axis, int Inner, int Count)[] Shapes =
        [(1, 1, 1, 1), (1, 5, 3, 0), (1, 50, 24, 700), (1, 5003, 130, 97), (3, 7, 65, 40), (2, 300, 1, 1000)];

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Selected_rows_are_copied(object device, DType type)
    {
        foreach (var (outer, axis, inner, count) in Shapes)
        {
            using TestBuffer table = TestData.Normal(1, (long)outer * axis * inner, type), indices = TestData.Integers(2, count, 0, axis);
            using TestBuffer expected = new((long)outer * count * inner, type), actual = new(expected.Length, type);
            IndexSelectKernel.Forward(TestDevices.Reference, Args(outer, axis, inner, indices, table, expected));
            IndexSelectKernel.Forward((CpuDevice)device, Args(outer, axis, inner, indices, table, actual));
            Compare.SameBytes(actual, expected);
            for (long j = 0; j < count; j++)
                Assert.Equal(table[(long)indices[j] * inner], actual[j * inner]);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Added_rows_agree_with_the_reference(object device, DType type)
    {
        foreach (DType tableType in (DType[])[DType.F32, type])
        {
            foreach (var (outer, axis, inner, count) in Shapes)
            {
                using TestBuffer indices = TestData.Integers(2, count, 0, axis), rows = TestData.Normal(3, (long)outer * count * inner, type);
                using TestBuffer expected = TestData.Normal(1, (long)outer * axis * inner, tableType), actual = expected.Clone();
                IndexSelectKernel.Add(TestDevices.Reference, Args(outer, axis, inner, indices, expected, rows));
                IndexSelectKernel.Add((CpuDevice)device, Args(outer, axis, inner, indices, actual, rows));
                Compare.Close(actual, expected, Compare.Tolerance(tableType), 1e-5, $"{outer} {axis} {inner} {count}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Added_rows_do_not_depend_on_the_number_of_threads(object device, DType type)
    {
        using TestBuffer indices = TestData.Integers(2, 900, 0, 11), rows = TestData.Normal(3, 900 * 70, type);
        using TestBuffer one = TestData.Normal(1, 11 * 70, DType.F32), three = one.Clone();
        IndexSelectKernel.Add(TestDevices.WithThreads((CpuDevice)device, 1), Args(1, 11, 70, indices, one, rows));
        IndexSelectKernel.Add(TestDevices.WithThreads((CpuDevice)device, 3), Args(1, 11, 70, indices, three, rows));
        Compare.SameBytes(three, one);
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Gather_and_scatter_are_transposes_of_each_other(object device, DType type)
    {
        foreach (var (outer, axis, inner, count) in Shapes)
        {
            long picks = (long)outer * count * inner;
            using TestBuffer table = TestData.Normal(1, (long)outer * axis * inner, type), indices = TestData.Integers(2, picks, 0, axis);
            using TestBuffer picked = new(picks, type), more = TestData.Normal(4, picks, type);
            var args = new GatherArgs { Outer = outer, Axis = axis, Inner = inner, Count = count, Indices = indices.I32, Table = table.Pointer, Picked = picked.Pointer, Type = type };
            GatherKernel.Forward((CpuDevice)device, args);
            double[] sums = table.ToArray().Select(v => (double)v).ToArray();
            for (long n = 0; n < picks; n++)
            {
                long o = n / ((long)count * inner), i = n % inner, at = (o * axis + (int)indices[n]) * inner + i;
                Assert.Equal(table[at], picked[n]);
                sums[at] += more[n];
            }
            args.Picked = more.Pointer;
            GatherKernel.ScatterAdd((CpuDevice)device, args);
            using TestBuffer expected = TestData.From(sums.Select(v => (float)v).ToArray(), type);
            Compare.SameBytes(table, expected, "scatter-add");
        }
    }

    [Fact]
    public void An_index_outside_the_table_is_named()
    {
        using TestBuffer indices = TestData.From([0, 4, -1], DType.I32);
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => IndexOrder.Check(indices.I32, 3, 5, "embedding"));
        Assert.Contains("Index -1 at position 2 is outside the 5 rows of the embedding", e.Message, StringComparison.Ordinal);
        IndexOrder.Check(indices.I32, 2, 5, "embedding");
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        using TestBuffer table = TestData.Normal(1, 50 * 24, DType.F32), indices = TestData.Integers(2, 700, 0, 50), rows = new(700 * 24, DType.F32);
        foreach (CpuDevice device in TestDevices.Fast)
        {
            Steady.AllocatesNothing(() =>
            {
                IndexSelectKernel.Forward(device, Args(1, 50, 24, indices, table, rows));
                IndexSelectKernel.Add(device, Args(1, 50, 24, indices, table, rows));
            });
        }
    }

    private static IndexSelectArgs Args(int outer, int axis, int inner, TestBuffer indices, TestBuffer table, TestBuffer rows) => new()
    {
        Outer = outer,
        Axis = axis,
        Inner = inner,
        Count = (int)indices.Length,
        Indices = indices.I32,
        Table = table.Pointer,
        TableType = table.Type,
        Rows = rows.Pointer,
        RowsType = rows.Type,
    };
}
