using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Athanor.Tensors.Simd;

namespace Athanor.Tensors.Kernels;

internal static unsafe partial class PackedLinearKernel
{
    /// <summary>sums [16 m][16 n] += a stretch of one tile times a group of inputs, in the steps of the emitted kernels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vectors<V, TUnpack>(in QuantizedInputs inputs, int group, int block, int units, in PackedTile tile, float* sums)
        where V : unmanaged, IVector<V>
        where TUnpack : struct, IBlockUnpack
    {
        int* dots = stackalloc int[16];
        int lanes = inputs.Lanes, count = Math.Min(lanes, inputs.Rows - group * lanes), length = TUnpack.UnitLength, perBlock = 32 / length;
        for (int m = 0; m < count; m++, sums += 16)
        {
            sbyte* x = inputs.ValuesOf(group) + ((long)m * inputs.Blocks + block) * 32;
            float* scales = inputs.ScalesOf(group) + (long)block * lanes + m, inputSums = inputs.SumsOf(group) + (long)block * lanes + m;
            sbyte* values = tile.Values;
            for (int unit = 0; unit < units; unit++, values += 16 * length, x += length)
            {
                if (V.Lanes >= 8 && Avx2.IsSupported)
                    Dots(values, x, length, dots);
                else
                    PlainDots(values, x, length, dots);
                V scale = V.All(scales[unit / perBlock * lanes]), inputSum = V.All(inputSums[unit / perBlock * lanes]);
                for (int n = 0; n < 16; n += V.Lanes)
                {
                    V sum = V.Fma(V.LoadInt32(dots + n) * scale, V.Load(tile.Scales + unit * 16 + n), V.Load(sums + n));
                    if (TUnpack.HasMins)
                        sum = V.Fma(-inputSum, V.Load(tile.Mins + unit * 16 + n), sum);
                    V.Store(sums + n, sum);
                }
            }
        }
    }

    /// <summary>Sixteen rows of bytes times one, exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Dots(sbyte* rows, sbyte* x, int length, int* sums)
    {
        Vector256<sbyte> input = Load(x, length);
        for (int half = 0; half < 2; half++, rows += 8 * length, sums += 8)
        {
            Vector256<int> low = Avx2.HorizontalAdd(
                Avx2.HorizontalAdd(Dot(Load(rows, length), input), Dot(Load(rows + length, length), input)),
                Avx2.HorizontalAdd(Dot(Load(rows + 2 * length, length), input), Dot(Load(rows + 3 * length, length), input)));
            Vector256<int> high = Avx2.HorizontalAdd(
                Avx2.HorizontalAdd(Dot(Load(rows + 4 * length, length), input), Dot(Load(rows + 5 * length, length), input)),
                Avx2.HorizontalAdd(Dot(Load(rows + 6 * length, length), input), Dot(Load(rows + 7 * length, length), input)));
            (Avx2.Permute2x128(low, high, 0x20) + Avx2.Permute2x128(low, high, 0x31)).Store(sums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Load(sbyte* source, int length) => length == 32 ? Vector256.Load(source) : Vector128.Load(source).ToVector256();

    /// <summary>Eight sums of four products. The instructions want an unsigned side: weights lend inputs their signs; no sum of two saturates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<sbyte> weights, Vector256<sbyte> inputs)
    {
        Vector256<byte> magnitudes = Avx2.Abs(weights);
        Vector256<sbyte> signed = Avx2.Sign(inputs, weights);
        return AvxVnni.IsSupported
            ? AvxVnni.MultiplyWideningAndAdd(Vector256<int>.Zero, magnitudes, signed)
            : Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(magnitudes, signed), Vector256<short>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PlainDots(sbyte* rows, sbyte* x, int length, int* sums)
    {
        for (int n = 0; n < 16; n++, rows += length)
        {
            Vector128<int> sum = Vector128<int>.Zero;
            for (int k = 0; k < length; k += 16)
            {
                Vector128<sbyte> a = Vector128.Load(rows + k), b = Vector128.Load(x + k);
                Vector128<short> low = Vector128.WidenLower(a) * Vector128.WidenLower(b), high = Vector128.WidenUpper(a) * Vector128.WidenUpper(b);
                sum += Vector128.WidenLower(low) + Vector128.WidenUpper(low) + (Vector128.WidenLower(high) + Vector128.WidenUpper(high));
            }
            sums[n] = Vector128.Sum(sum);
        }
    }
}
