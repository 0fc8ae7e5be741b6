using Athanor.Tensors.Kernels;
using Athanor.Tensors.Simd;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Dropout;

public sealed unsafe class DropoutKernelTests
{
    // The known answers that the authors publish with the generator (Random123, kat_vectors, philox4x32 with 10 rounds).
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void The_generator_gives_the_published_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3)
    {
        Philox.Generate(ref c0, ref c1, ref c2, ref c3, k0, k1);
        Assert.Equal([r0, r1, r2, r3], [c0, c1, c2, c3]);
    }

    [Fact]
    public void Every_width_gives_the_words_of_the_scalar_form()
    {
        CheckWidth<F512>();
        CheckWidth<F256>();
        CheckWidth<F128>();
        CheckWidth<F1>();
    }

    private static void CheckWidth<V>() where V : unmanaged, IVector<V>
    {
        const ulong seed = 0xFEDCBA9876543210, stream = 0x9999888877776666;
        float* lanes = stackalloc float[64];
        foreach (ulong counter in (ulong[])[0, 16, 0xFFFFFFF0, 0x1_0000_0000, 0xABCDEF_FFFFFFF0])
        {
            Philox.Uniform(seed, stream, counter, out V u0, out V u1, out V u2, out V u3);
            V.Store(lanes, u0);
            V.Store(lanes + 16, u1);
            V.Store(lanes + 32, u2);
            V.Store(lanes + 48, u3);
            for (int l = 0; l < V.Lanes; l++)
            {
                Philox.Words(seed, stream, counter + (ulong)l, out uint w0, out uint w1, out uint w2, out uint w3);
                Assert.Equal([Philox.Uniform(w0), Philox.Uniform(w1), Philox.Uniform(w2), Philox.Uniform(w3)], [lanes[l], lanes[16 + l], lanes[32 + l], lanes[48 + l]]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Every_path_and_thread_count_gives_the_same_bytes(CpuDevice device, DType type)
    {
        foreach (int n in (int[])[1, 63, 64, 65, 1000, 70001])
        {
            using TestBuffer x = TestData.Normal(n, n, type), y = TestData.Zeros(n, type), expected = TestData.Zeros(n, type);
            DropoutKernel.Apply(TestDevices.Reference, type, x.Pointer, expected.Pointer, n, 0.3f, 42, 7);
            foreach (int threads in (int[])[1, 2, 3])
            {
                DropoutKernel.Apply(TestDevices.WithThreads(device, threads), type, x.Pointer, y.Pointer, n, 0.3f, 42, 7);
                // −0 and 0 are both "dropped": compare as numbers where the mask is, bytes elsewhere.
                Compare.Close(y, expected, 0, 0, $"{n} elements, {threads} threads");
            }
        }
    }

    [Fact]
    public void The_share_of_dropped_elements_is_the_probability_and_the_mean_stays()
    {
        const int n = 400_000;
        using TestBuffer x = TestData.Filled(n, DType.F32, 1), y = TestData.Zeros(n, DType.F32), z = TestData.Zeros(n, DType.F32);
        foreach (float p in (float[])[0, 0.1f, 0.5f, 1])
        {
            DropoutKernel.Apply(TestDevices.Fast[0], DType.F32, x.Pointer, y.Pointer, n, p, 1, 2);
            DropoutKernel.Apply(TestDevices.Fast[0], DType.F32, x.Pointer, z.Pointer, n, p, 1, 3);
            double dropped = 0, mean = 0, both = 0;
            for (int i = 0; i < n; i++)
            {
                dropped += y[i] == 0 ? 1 : 0;
                both += y[i] == 0 && z[i] == 0 ? 1 : 0;
                mean += y[i];
            }
            double deviation = 5 * Math.Sqrt(p * (1 - p) / n);
            Assert.InRange(dropped / n, p - deviation, p + deviation);
            Assert.InRange(mean / n, p == 1 ? 0 : 1 - deviation / (1 - p) - 1e-6, p == 1 ? 0 : 1 + deviation / (1 - p) + 1e-6);
            // Other streams are independent.
            Assert.InRange(both / n, p * p - 0.005, p * p + 0.005);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Random_fill_is_the_same_on_every_device_and_distributed_as_asked(CpuDevice device)
    {
        const int n = 200_003;
        foreach (DType type in (DType[])[DType.F32, DType.BF16])
        {
            using TestBuffer y = TestData.Zeros(n, type), expected = TestData.Zeros(n, type);
            RandomKernel.Normal(device, type, y.Pointer, n, 1, 2, 11, 5);
            RandomKernel.Normal(TestDevices.Reference, type, expected.Pointer, n, 1, 2, 11, 5);
            Compare.SameBytes(y, expected, "normal");
            double mean = 0, square = 0, fourth = 0;
            for (int i = 0; i < n; i++)
            {
                double z = (y[i] - 1) / 2;
                mean += z;
                square += z * z;
                fourth += z * z * z * z;
            }
            Assert.InRange(mean / n, -0.01, 0.01);
            Assert.InRange(square / n, 0.98, 1.02);
            Assert.InRange(fourth / n, 2.9, 3.1);
            RandomKernel.Uniform(device, type, y.Pointer, n, -2, 3, 11, 5);
            RandomKernel.Uniform(TestDevices.WithThreads(device, 3), type, expected.Pointer, n, -2, 3, 11, 5);
            Compare.SameBytes(y, expected, "uniform");
            float[] values = y.ToArray();
            Assert.InRange(values.Min(), -2, -1.99f);
            Assert.InRange(values.Max(), 2.99f, 3);
            Assert.InRange(values.Average(v => (double)v), 0.48, 0.52);
        }
    }
}
