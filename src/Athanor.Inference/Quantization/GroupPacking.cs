using System.Buffers.Binary;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Quantization;

/// <summary>
/// Grouped weights as checkpoints hold them. GPTQ, version 1: <c>qweight</c> i32 [in·b/32, out], inputs along the bits; <c>qzeros</c> i32 [groups, out·b/32] of zeros less 1; <c>scales</c> f16 [groups, out]; <c>g_idx</c> i32 [in].
/// AWQ ("gemm"): <c>qweight</c> i32 [in, out/8] and <c>qzeros</c> i32 [groups, out/8] with the outputs 0, 2, 4, 6, 1, 3, 5, 7 along the nibbles; <c>scales</c> as there.
/// </summary>
internal static class GroupPacking
{
    private static readonly int[] AwqOrder = [0, 2, 4, 6, 1, 3, 5, 7];

    /// <summary>The tensors of a matrix in GPTQ's form.</summary>
    public static IEnumerable<SafetensorsSource> Gptq(string name, GroupedWeights weights, int rows, int bits)
    {
        int columns = weights.GroupOf.Length, groups = weights.Groups(rows), each = 32 / bits;
        if (columns % each != 0 || rows % each != 0)
            throw new NotSupportedException($"The matrix '{name}' [{rows}, {columns}] cannot be packed in {bits} bits: both extents must be multiples of {each}.");
        var packed = new uint[columns / each * rows];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < columns; i++)
                packed[i / each * rows + row] |= (uint)weights.Codes[row * columns + i] << i % each * bits;
        }
        var zeros = new uint[groups * (rows / each)];
        for (int group = 0; group < groups; group++)
        {
            for (int row = 0; row < rows; row++)
                zeros[group * (rows / each) + row / each] |= (uint)(weights.Grids[row * groups + group].Zero - 1) << row % each * bits;
        }
        yield return Of($"{name}.qweight", [columns / each, rows], packed);
        yield return Of($"{name}.qzeros", [groups, rows / each], zeros);
        yield return Scales(name, weights, rows, groups);
        yield return Of($"{name}.g_idx", [columns], [.. weights.GroupOf.Select(group => (uint)group)]);
    }

    /// <summary>The tensors of a matrix in AWQ's form, 4 bits.</summary>
    public static IEnumerable<SafetensorsSource> Awq(string name, GroupedWeights weights, int rows)
    {
        int columns = weights.GroupOf.Length, groups = weights.Groups(rows);
        if (rows % 8 != 0)
            throw new NotSupportedException($"The matrix '{name}' [{rows}, {columns}] cannot be packed: AWQ's form needs a multiple of 8 outputs.");
        var packed = new uint[columns * (rows / 8)];
        var zeros = new uint[groups * (rows / 8)];
        for (int row = 0; row < rows; row++)
        {
            int shift = Array.IndexOf(AwqOrder, row % 8) * 4;
            for (int i = 0; i < columns; i++)
                packed[i * (rows / 8) + row / 8] |= (uint)weights.Codes[row * columns + i] << shift;
            for (int group = 0; group < groups; group++)
                zeros[group * (rows / 8) + row / 8] |= (uint)weights.Grids[row * groups + group].Zero << shift;
        }
        yield return Of($"{name}.qweight", [columns, rows / 8], packed);
        yield return Of($"{name}.qzeros", [groups, rows / 8], zeros);
        yield return Scales(name, weights, rows, groups);
    }

    /// <summary>The weights [rows, columns] of GPTQ's tensors.</summary>
    public static void ReadGptq(Func<string, uint[]> integers, Func<string, float[]> numbers, string name, int rows, int columns, int bits, Span<float> target)
    {
        int each = 32 / bits;
        uint mask = (1u << bits) - 1;
        uint[] packed = integers($"{name}.qweight"), zeros = integers($"{name}.qzeros"), groupOf = integers($"{name}.g_idx");
        float[] scales = numbers($"{name}.scales");
        int groups = scales.Length / rows;
        if (packed.Length != columns / each * rows || zeros.Length != groups * (rows / each) || groupOf.Length != columns || groupOf.Any(group => group >= groups))
            throw new InvalidDataException($"The tensors of '{name}' do not belong together: [{rows}, {columns}] in {bits} bits needs others.");
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < columns; i++)
            {
                int group = (int)groupOf[i];
                uint code = packed[i / each * rows + row] >> i % each * bits & mask, zero = (zeros[group * (rows / each) + row / each] >> row % each * bits) + 1 & mask;
                target[row * columns + i] = scales[group * rows + row] * ((int)code - (int)zero);
            }
        }
    }

    /// <summary>The weights [rows, columns] of AWQ's tensors.</summary>
    public static void ReadAwq(Func<string, uint[]> integers, Func<string, float[]> numbers, string name, int rows, int columns, int groupSize, Span<float> target)
    {
        uint[] packed = integers($"{name}.qweight"), zeros = integers($"{name}.qzeros");
        float[] scales = numbers($"{name}.scales");
        int groups = scales.Length / rows, group = groupSize is -1 ? columns : Math.Min(groupSize, columns);
        if (packed.Length != columns * (rows / 8) || zeros.Length != groups * (rows / 8) || (columns + group - 1) / group != groups)
            throw new InvalidDataException($"The tensors of '{name}' do not belong together: [{rows}, {columns}] in groups of {groupSize} needs others.");
        for (int row = 0; row < rows; row++)
        {
            int shift = Array.IndexOf(AwqOrder, row % 8) * 4;
            for (int i = 0; i < columns; i++)
            {
                uint code = packed[i * (rows / 8) + row / 8] >> shift & 15, zero = zeros[i / group * (rows / 8) + row / 8] >> shift & 15;
                target[row * columns + i] = scales[i / group * rows + row] * ((int)code - (int)zero);
            }
        }
    }

    private static SafetensorsSource Scales(string name, GroupedWeights weights, int rows, int groups)
    {
        var scales = new byte[groups * rows * 2];
        for (int group = 0; group < groups; group++)
        {
            for (int row = 0; row < rows; row++)
                BinaryPrimitives.WriteHalfLittleEndian(scales.AsSpan((group * rows + row) * 2), (Half)weights.Grids[row * groups + group].Scale);
        }
        return SafetensorsSource.Of($"{name}.scales", SafetensorsType.F16, [groups, rows], scales);
    }

    private static SafetensorsSource Of(string name, long[] shape, uint[] values) =>
        SafetensorsSource.Of(name, SafetensorsType.I32, shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
