using System.Runtime.InteropServices;
using Athanor.Tensors.Amx;

namespace Athanor.Tensors.Tests.Amx;

/// <summary>Every variant of the emitted kernel against plain sums.</summary>
public sealed unsafe class SweepKernelTests
{
    private const int Blocks = 3, Steps = 19, Resident = 17, K = Steps * 32, Rows = Blocks * 32, Columns = Blocks * 32;

    public static TheoryData<bool, bool, bool> Shapes() => new()
    {
        { false, true, false }, { false, true, true }, { false, false, false }, { false, false, true },
        { true, true, false }, { true, true, true }, { true, false, false }, { true, false, true },
    };

    [AmxTheory]
    [MemberData(nameof(Shapes))]
    public void A_sweep_gives_the_products_in_every_output_and_from_every_start(bool half, bool packedA, bool across)
    {
        var a = Filled(Rows * K, 1);
        var b = Filled(K * Columns, 2);
        byte* aForm = Aligned(Packing.Bytes(Rows, K)), bForm = Aligned(Packing.Bytes(Columns, K)), scratch = Aligned(4096);
        float* c = (float*)Aligned(Rows * Columns * 4), start = (float*)Aligned(Rows * Columns * 4);
        fixed (ushort* plainA = a, plainB = b)
        {
            Packing.PackA(new PackSource(plainA, K, Rows, K), false, 0, Blocks, 0, Steps, aForm);
            Packing.PackB(new PackSource(plainB, Columns, K, Columns), false, 0, Blocks, 0, Steps, bForm);
            foreach (SweepOutput output in Enum.GetValues<SweepOutput>())
                foreach (int piped in new[] { 0, 2, 4 })
                    foreach (bool loadInit in new[] { false, true })
                    {
                        for (int i = 0; i < Rows * Columns; i++)
                        {
                            start[i] = i % 11;
                            c[i] = 100;
                        }
                        int element = output is SweepOutput.Bf16 or SweepOutput.Bf16Stream ? 2 : 4;
                        var args = new SweepArgs
                        {
                            A = packedA ? aForm : (byte*)plainA,
                            AStride = K * 2,
                            ABlock = across ? 0 : packedA ? Steps * 2048 : 32 * K * 2,
                            B = bForm,
                            BBlock = across ? Steps * 2048 : 0,
                            ResidentSteps = Resident,
                            StreamedSteps = Steps - Resident,
                            Blocks = Blocks,
                            Init = (byte*)start,
                            InitStride = Columns * 4,
                            InitRight = 64,
                            InitDown = 16 * Columns * 4,
                            InitBlock = across ? 128 : 32 * Columns * 4,
                            Out = (byte*)c,
                            OutStride = Columns * element,
                            OutRight = 64,
                            OutDown = 16 * Columns * 4,
                            OutBlock = across ? 32 * element : 32 * Columns * element,
                            Scratch = scratch,
                            Prefetch = scratch,
                        };
                        var kernel = SweepKernel.Get(new SweepOptions
                        {
                            HalfHeight = half,
                            LoadInit = loadInit,
                            PackedA = packedA,
                            AcrossPanels = across,
                            Output = output,
                            PipedRows = piped,
                            PrefetchRows = piped,
                            PrefetchPages = piped == 0,
                        });
                        AmxTiles.Configure();
                        kernel(&args);
                        AmxTiles.Release();
                        for (int block = 0; block < Blocks; block++)
                            for (int i = 0; i < (half ? 16 : 32); i++)
                                for (int j = 0; j < 32; j++)
                                {
                                    int row = i + (across ? 0 : block * 32), column = j + (across ? block * 32 : 0), at = row * Columns + column;
                                    double sum = loadInit ? start[at] : 0, size = Math.Abs(sum);
                                    for (int k = 0; k < K; k++)
                                    {
                                        double product = (double)BFloat16.ToSingle(a[row * K + k]) * BFloat16.ToSingle(b[k * Columns + column]);
                                        sum += product;
                                        size += Math.Abs(product);
                                    }
                                    if (output == SweepOutput.F32Add)
                                        sum += 100;
                                    double actual = element == 2 ? BFloat16.ToSingle(((ushort*)c)[at]) : c[at];
                                    double tolerance = (size + 100) * 1e-6 + (element == 2 ? Math.Abs(sum) * 0.0040 : 0);
                                    Assert.True(Math.Abs(actual - sum) <= tolerance, $"{output} piped {piped} init {loadInit} at ({row}, {column}): {actual} instead of {sum}");
                                }
                    }
        }
        foreach (void* buffer in new[] { (nint)aForm, (nint)bForm, (nint)scratch, (nint)c, (nint)start })
            NativeMemory.AlignedFree(buffer);
    }

    [AmxFact]
    public void One_bias_row_spreads_over_all_rows()
    {
        byte* zeros = Aligned(2048);
        float* bias = (float*)Aligned(128);
        float* c = (float*)Aligned(4096);
        new Span<byte>(zeros, 2048).Clear();
        for (int i = 0; i < 32; i++)
            bias[i] = i;
        var args = new SweepArgs
        {
            A = zeros,
            B = zeros,
            ResidentSteps = 1,
            Blocks = 1,
            Init = (byte*)bias,
            InitRight = 64,
            Out = (byte*)c,
            OutStride = 128,
            OutRight = 64,
            OutDown = 2048,
        };
        AmxTiles.Configure();
        SweepKernel.Get(new SweepOptions { LoadInit = true, PackedA = true })(&args);
        AmxTiles.Release();
        for (int i = 0; i < 1024; i++)
            Assert.Equal(i % 32, c[i]);
        NativeMemory.AlignedFree(zeros);
        NativeMemory.AlignedFree(bias);
        NativeMemory.AlignedFree(c);
    }

    [AmxFact]
    public void Int8_sums_are_exact()
    {
        const int k = 128;
        var random = new Random(3);
        sbyte* a = (sbyte*)Aligned(32 * k), b = (sbyte*)Aligned(k * 32);
        int* c = (int*)Aligned(4096);
        for (int i = 0; i < 32 * k; i++)
        {
            a[i] = (sbyte)random.Next(-128, 128);
            b[i] = (sbyte)random.Next(-128, 128);
        }
        // a and b are read as the packed forms that they are: cells of 2 tiles; A [16 rows][64 k], B [16 fours of k][16 columns][4].
        var args = new SweepArgs
        {
            A = (byte*)a,
            B = (byte*)b,
            ResidentSteps = 2,
            Blocks = 1,
            Out = (byte*)c,
            OutStride = 128,
            OutRight = 64,
            OutDown = 2048,
        };
        AmxTiles.Configure();
        SweepKernel.Get(new SweepOptions { PackedA = true, Int8 = true })(&args);
        AmxTiles.Release();
        for (int i = 0; i < 32; i++)
            for (int j = 0; j < 32; j++)
            {
                int sum = 0;
                for (int x = 0; x < k; x++)
                    sum += a[x / 64 * 2048 + i / 16 * 1024 + i % 16 * 64 + x % 64] * b[x / 64 * 2048 + j / 16 * 1024 + x % 64 / 4 * 64 + j % 16 * 4 + x % 4];
                Assert.Equal(sum, c[i * 32 + j]);
            }
        NativeMemory.AlignedFree(a);
        NativeMemory.AlignedFree(b);
        NativeMemory.AlignedFree(c);
    }

    private static ushort[] Filled(int count, int seed)
    {
        var random = new Random(seed);
        var values = new ushort[count];
        foreach (ref ushort value in values.AsSpan())
            value = BFloat16.FromSingle(random.NextSingle() * 2 - 1);
        return values;
    }

    private static byte* Aligned(long bytes) => (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
}
