using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Index;

public sealed unsafe class SortKernelTests
{
    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Sort_and_top_k_agree_with_the_reference(object device, DType type)
    {
        foreach ((int rows, int length, int count) in ((int, int, int)[])[(1, 1, 1), (3, 5, 5), (2, 300, 300), (1, 5000, 5000), (4, 5000, 50), (2, 3001, 1), (2, 3001, 256), (2, 900, 400), (2, 64, 0)])
        {
            // Few distinct values: ties everywhere, both zeros, NaN and infinities among them.
            using TestBuffer x = TestData.Integers(rows + length, (long)rows * length, -40, 40, type);
            for (long i = 0; i < x.Length; i += 37)
                x[i] = (i % 5) switch { 0 => float.NaN, 1 => -0f, 2 => 0f, 3 => float.PositiveInfinity, _ => float.NegativeInfinity };
            foreach (bool descending in (bool[])[true, false])
            {
                using TestBuffer expectedValues = new((long)rows * count, type), expectedIndices = new((long)rows * count, DType.I32);
                using TestBuffer actualValues = new((long)rows * count, type), actualIndices = new((long)rows * count, DType.I32);
                var args = new SortArgs { Rows = rows, Length = length, Count = count, Input = x.Pointer, Type = type, Descending = descending, Values = expectedValues.Pointer, Indices = expectedIndices.I32 };
                SortKernel.Run(TestDevices.Reference, args);
                args.Values = actualValues.Pointer;
                args.Indices = actualIndices.I32;
                SortKernel.Run((CpuDevice)device, args);
                Compare.SameBytes(actualIndices, expectedIndices, $"positions of {length}, {count}");
                Compare.SameBytes(actualValues, expectedValues, "values");
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Top_k_finds_the_largest_of_distinct_numbers(object device, DType type)
    {
        using TestBuffer x = TestData.Normal(5, 50257, type);
        using TestBuffer values = new(40, type), indices = new(40, DType.I32);
        SortKernel.Run((CpuDevice)device, new SortArgs { Rows = 1, Length = 50257, Count = 40, Input = x.Pointer, Type = type, Descending = true, Values = values.Pointer, Indices = indices.I32 });
        float[] sorted = x.ToArray();
        Array.Sort(sorted);
        for (int i = 0; i < 40; i++)
        {
            Assert.Equal(sorted[50256 - i], values[i]);
            Assert.Equal(values[i], x[(long)indices[i]]);
        }
    }

    [Fact]
    public void Nan_comes_first_in_descending_order_and_last_in_ascending()
    {
        using TestBuffer x = TestData.From([1, float.NaN, float.PositiveInfinity, -2], DType.F32);
        using TestBuffer values = new(4, DType.F32), indices = new(4, DType.I32);
        foreach (CpuDevice device in TestDevices.Fast.Append(TestDevices.Reference))
        {
            var args = new SortArgs { Rows = 1, Length = 4, Count = 4, Input = x.Pointer, Type = DType.F32, Descending = true, Values = values.Pointer, Indices = indices.I32 };
            SortKernel.Run(device, args);
            Assert.Equal([1, 2, 0, 3], indices.ToArray());
            args.Descending = false;
            SortKernel.Run(device, args);
            Assert.Equal([3, 0, 2, 1], indices.ToArray());
        }
    }

    [Fact]
    public void More_than_the_row_has_is_refused()
    {
        var args = new SortArgs { Rows = 1, Length = 4, Count = 5, Type = DType.F32 };
        Assert.Throws<ArgumentOutOfRangeException>(() => SortKernel.Run(TestDevices.Reference, args));
    }
}
