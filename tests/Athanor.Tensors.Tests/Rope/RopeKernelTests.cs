using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Rope;

public sealed unsafe class RopeKernelTests
{
    private const int Positions = 64;

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Rotation_agrees_with_the_reference_in_both_layouts(CpuDevice device, DType type)
    {
        foreach ((int heads, int kvHeads, int size, int rotary) in ((int, int, int, int)[])[(1, 1, 2, 2), (3, 1, 6, 6), (2, 2, 64, 64), (4, 2, 80, 32), (2, 1, 128, 128), (3, 1, 10, 6), (2, 1, 34, 34)])
        {
            foreach (bool interleaved in (bool[])[false, true])
            {
                foreach (bool inPlace in (bool[])[false, true])
                {
                    foreach (bool backward in (bool[])[false, true])
                    {
                        int width = (heads + 2 * kvHeads) * size, rows = 2 * 13;
                        using TestBuffer x = TestData.Normal(size + heads, (long)rows * width, type), y = TestData.Zeros(x.Length, type), e = TestData.Zeros(x.Length, type);
                        using TestBuffer cos = TestData.Zeros(Positions * rotary / 2, DType.F32), sin = TestData.Zeros(Positions * rotary / 2, DType.F32);
                        Tables(cos, sin, rotary);
                        RopeArguments a = Arguments(x, cos, sin, type, rows, width, heads + kvHeads, size, rotary, interleaved);
                        a.Backward = backward;
                        RopeKernel.Rotate(TestDevices.Reference, a with { Y = e.Pointer });
                        if (inPlace)
                            x.Bytes.CopyTo(y.Bytes);
                        RopeKernel.Rotate(device, a with { X = inPlace ? y.Pointer : x.Pointer, Y = y.Pointer });
                        Compare.Close(y, e, Compare.Tolerance(type), 1e-5, $"heads {heads}+{kvHeads} size {size} rotary {rotary} interleaved {interleaved} in place {inPlace} backward {backward}");
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Backward_undoes_the_rotation_and_is_its_gradient(CpuDevice device)
    {
        const int rows = 9, width = 3 * 32;
        foreach (bool interleaved in (bool[])[false, true])
        {
            using TestBuffer x = TestData.Normal(3, rows * width, DType.F32), y = TestData.Zeros(x.Length, DType.F32), back = TestData.Zeros(x.Length, DType.F32);
            using TestBuffer cos = TestData.Zeros(Positions * 16, DType.F32), sin = TestData.Zeros(Positions * 16, DType.F32), dy = TestData.Normal(4, x.Length, DType.F32);
            Tables(cos, sin, 32);
            RopeArguments a = Arguments(x, cos, sin, DType.F32, rows, width, 2, 32, 32, interleaved) with { Y = y.Pointer };
            RopeKernel.Rotate(device, a);
            RopeKernel.Rotate(device, a with { X = y.Pointer, Y = back.Pointer, Backward = true });
            Compare.Close(back, x, 1e-5, 1e-5);
            RopeKernel.Rotate(device, a with { X = dy.Pointer, Y = back.Pointer, Backward = true });
            // The map is linear: ⟨dy, R x⟩ = ⟨Rᵀ dy, x⟩.
            Assert.Equal(FiniteDifferences.Dot(dy, y), FiniteDifferences.Dot(back, x), 1e-3);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Position_ids_and_offsets_choose_the_angle(CpuDevice device)
    {
        const int rows = 6, size = 16;
        using TestBuffer x = TestData.Normal(3, size, DType.F32), repeated = TestData.Zeros(rows * size, DType.F32), y = TestData.Zeros(rows * size, DType.F32), z = TestData.Zeros(rows * size, DType.F32);
        for (int i = 0; i < rows * size; i++)
            repeated[i] = x[i % size];
        using TestBuffer cos = TestData.Zeros(Positions * size / 2, DType.F32), sin = TestData.Zeros(Positions * size / 2, DType.F32);
        Tables(cos, sin, size);
        RopeArguments a = Arguments(repeated, cos, sin, DType.F32, rows, size, 1, size, size, false);
        int* positions = stackalloc int[] { 7, 8, 9, 7, 8, 9 };
        RopeKernel.Rotate(device, a with { Y = y.Pointer, Positions = positions });
        RopeKernel.Rotate(device, a with { Y = z.Pointer, Offset = 7, Period = 3 });
        Compare.SameBytes(z, y);
        // Scores depend on the distance only: ⟨R(8)x, R(7)x⟩ = ⟨R(9)x, R(8)x⟩.
        double near = 0, far = 0;
        for (int i = 0; i < size; i++)
        {
            near += (double)y[i] * y[size + i];
            far += (double)y[size + i] * y[2 * size + i];
        }
        Assert.Equal(near, far, 1e-4);
    }

    [Fact]
    public void Alibi_slopes_follow_the_paper()
    {
        float[] eight = new float[8], twelve = new float[12];
        RopeKernel.FillAlibiSlopes(eight);
        Assert.Equal([0.5f, 0.25f, 0.125f, 1f / 16, 1f / 32, 1f / 64, 1f / 128, 1f / 256], eight);
        RopeKernel.FillAlibiSlopes(twelve);
        Assert.Equal(eight, twelve[..8]);
        Compare.Close(twelve.AsSpan(8), [0.70710678f, 0.35355339f, 0.17677669f, 0.08838835f], 1e-6, 0);
    }

    private static void Tables(TestBuffer cos, TestBuffer sin, int rotary)
    {
        double[] frequencies = new double[rotary / 2];
        RopeKernel.FillInverseFrequencies(frequencies, 10000);
        RopeKernel.FillTables(cos.F32, sin.F32, Positions, frequencies, 1, 1);
    }

    private static RopeArguments Arguments(TestBuffer x, TestBuffer cos, TestBuffer sin, DType type, int rows, int width, int heads, int size, int rotary, bool interleaved) => new()
    {
        Type = type,
        Rows = rows,
        XStride = width,
        YStride = width,
        X = x.Pointer,
        Width = width,
        Heads = heads,
        HeadSize = size,
        Rotary = rotary,
        Interleaved = interleaved,
        Cos = cos.F32,
        Sin = sin.F32,
        Period = 13,
        Offset = 5,
    };
}
