using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Elementwise;

public sealed unsafe class CopyKernelTests
{
    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Views_are_copied_element_for_element(CpuDevice device)
    {
        foreach (DType type in (DType[])[DType.F32, DType.BF16, DType.I32, DType.U8])
        {
            // Sizes, strides of the source, strides of the target.
            foreach ((long[] sizes, long[] from, long[] to) in ((long[], long[], long[])[])[
                ([1], [1], [1]), ([70000], [1], [1]), ([9, 40], [50, 1], [40, 1]), ([33, 65], [1, 33], [65, 1]), ([3, 70, 45], [3150, 1, 70], [3150, 45, 1]),
                ([2, 5, 6, 8], [240, 8, 40, 1], [240, 48, 8, 1]), ([2, 3, 4], [0, 1, 0], [12, 4, 1]), ([100], [3, ], [1]), ([17, 9], [9, 1], [1, 17]), ([4, 0], [0, 1], [0, 1])])
            {
                using TestBuffer x = TestData.Integers(4, 80000, 0, 100, type), y = TestData.Zeros(80000, type), expected = TestData.Zeros(80000, type);
                CopyKernel.Copy(device, type.Size(), x.Pointer, y.Pointer, sizes, from, to);
                Walk(sizes, 0, 0, 0);
                Compare.SameBytes(y, expected, string.Join(", ", sizes));

                void Walk(long[] s, int d, long at, long target)
                {
                    if (d == s.Length)
                    {
                        expected[target] = x[at];
                        return;
                    }
                    for (long i = 0; i < s[d]; i++)
                        Walk(s, d + 1, at + i * from[d], target + i * to[d]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Casts_round_to_nearest_even_saturate_and_keep_NaN(CpuDevice device)
    {
        float[] values = [0, 1.00390625f, 1.01171875f, -3.9f, 300, -300, 127.5f, float.NaN, float.PositiveInfinity, 1e10f, -0.5f, 2, 3, 4, 5, 6, 7, 8, 9];
        using TestBuffer x = TestData.From(values, DType.F32), half = TestData.Zeros(values.Length, DType.BF16), back = TestData.Zeros(values.Length, DType.F32);
        CastKernel.Cast(device, DType.F32, x.Pointer, DType.BF16, half.Pointer, values.Length);
        CastKernel.Cast(device, DType.BF16, half.Pointer, DType.F32, back.Pointer, values.Length);
        Assert.Equal([1f, 1.015625f, float.NaN, float.PositiveInfinity], [back[1], back[2], back[7], back[8]]);
        using TestBuffer whole = TestData.Zeros(values.Length, DType.I32), bytes = TestData.Zeros(values.Length, DType.U8), signed = TestData.Zeros(values.Length, DType.I8);
        CastKernel.Cast(device, DType.F32, x.Pointer, DType.I32, whole.Pointer, values.Length);
        CastKernel.Cast(device, DType.F32, x.Pointer, DType.U8, bytes.Pointer, values.Length);
        CastKernel.Cast(device, DType.F32, x.Pointer, DType.I8, signed.Pointer, values.Length);
        Assert.Equal([-3, 300, 0, int.MaxValue, int.MaxValue], [whole.I32[3], whole.I32[4], whole.I32[7], whole.I32[8], whole.I32[9]]);
        Assert.Equal([0f, 255, 0, 0, 255], [bytes[3], bytes[4], bytes[5], bytes[7], bytes[8]]);
        Assert.Equal([-3f, 127, -128, 127, 0], [signed[3], signed[4], signed[5], signed[6], signed[10]]);
        CastKernel.Cast(device, DType.I8, signed.Pointer, DType.BF16, half.Pointer, values.Length);
        Assert.Equal(-128, half[5]);
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Fill_sets_every_element(CpuDevice device)
    {
        foreach (DType type in Enum.GetValues<DType>())
        {
            using TestBuffer x = TestData.Zeros(70001, type), expected = TestData.Filled(70001, type, 3);
            CopyKernel.Fill(device, type, x.Pointer, x.Length, 3);
            Compare.SameBytes(x, expected);
        }
    }
}
