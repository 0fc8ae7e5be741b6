using Athanor.Inference.Quantization;
using Athanor.Tensors.Safetensors;

namespace Athanor.Inference.Tests.Quantization;

public sealed class GptqTests
{
    private static double[] Moments(float[] inputs, int columns)
    {
        var moments = new double[columns * columns];
        for (int sample = 0; sample < inputs.Length / columns; sample++)
        {
            for (int i = 0; i < columns; i++)
            {
                for (int j = 0; j < columns; j++)
                    moments[i * columns + j] += (double)inputs[sample * columns + i] * inputs[sample * columns + j];
            }
        }
        return moments;
    }

    // Inputs that go together, of very different size, as activations are.
    private static float[] Inputs(int samples, int columns, int seed)
    {
        float[] noise = CodebookTests.Normal(samples * columns, seed), mix = CodebookTests.Normal(columns * columns, seed + 1);
        var inputs = new float[samples * columns];
        for (int sample = 0; sample < samples; sample++)
        {
            for (int i = 0; i < columns; i++)
            {
                for (int j = 0; j < columns; j++)
                    inputs[sample * columns + i] += noise[sample * columns + j] * mix[j * columns + i] / (1 + j);
                inputs[sample * columns + i] *= i % 7 == 3 ? 8 : 1;
            }
        }
        return inputs;
    }

    private static double OutputError(float[] weights, float[] read, float[] inputs, int columns)
    {
        double sum = 0;
        for (int sample = 0; sample < inputs.Length / columns; sample++)
        {
            for (int row = 0; row < weights.Length / columns; row++)
            {
                double dot = 0;
                for (int i = 0; i < columns; i++)
                    dot += (weights[row * columns + i] - read[row * columns + i]) * (double)inputs[sample * columns + i];
                sum += dot * dot;
            }
        }
        return sum;
    }

    private static float[] Read(GroupedWeights rounded, int rows)
    {
        var read = new float[rounded.Codes.Length];
        rounded.Decode(rows, read);
        return read;
    }

    // Optimal brain surgeon without any factorization: after each weight its row and column are eliminated from the inverse (arXiv 2210.17323, equation 3).
    private static byte[] Plain(float[] weights, int rows, int columns, double[] moments, GptqOptions options)
    {
        int group = options.GroupSize < 0 ? columns : options.GroupSize;
        int[] order = [.. Enumerable.Range(0, columns)];
        if (options.ActOrder)
            order = [.. order.OrderByDescending(i => moments[i * columns + i])];
        double mean = Enumerable.Range(0, columns).Average(i => moments[i * columns + i]);
        var damped = new double[columns, columns];
        for (int i = 0; i < columns; i++)
        {
            for (int j = 0; j < columns; j++)
                damped[i, j] = moments[order[i] * columns + order[j]] + (i == j ? options.Damping * mean : 0);
        }
        var codes = new byte[weights.Length];
        double[,] whole = Inverse(damped, columns);
        for (int row = 0; row < rows; row++)
        {
            var inverse = (double[,])whole.Clone();
            double[] w = [.. order.Select(i => (double)weights[row * columns + i])];
            GroupGrid grid = default;
            for (int i = 0; i < columns; i++)
            {
                if (i % group == 0)
                    grid = GroupGrid.Fit(w.AsSpan(i, Math.Min(group, columns - i)), options.Bits, options.Symmetric);
                int code = grid.Code(w[i]);
                codes[row * columns + order[i]] = (byte)code;
                double error = (w[i] - grid.Value(code)) / inverse[i, i];
                for (int j = i + 1; j < columns; j++)
                    w[j] -= error * inverse[i, j];
                double pivot = inverse[i, i];
                double[] line = [.. Enumerable.Range(0, columns).Select(j => inverse[i, j])];
                for (int j = i + 1; j < columns; j++)
                {
                    for (int k = i + 1; k < columns; k++)
                        inverse[j, k] -= line[j] * line[k] / pivot;
                }
            }
        }
        return codes;
    }

    private static double[,] Inverse(double[,] matrix, int size)
    {
        var a = (double[,])matrix.Clone();
        var inverse = new double[size, size];
        for (int i = 0; i < size; i++)
            inverse[i, i] = 1;
        for (int i = 0; i < size; i++)
        {
            double pivot = a[i, i];
            for (int j = 0; j < size; j++)
                (a[i, j], inverse[i, j]) = (a[i, j] / pivot, inverse[i, j] / pivot);
            for (int row = 0; row < size; row++)
            {
                double factor = a[row, i];
                for (int j = 0; j < size && row != i; j++)
                {
                    a[row, j] -= factor * a[i, j];
                    inverse[row, j] -= factor * inverse[i, j];
                }
            }
        }
        return inverse;
    }

    [Theory]
    [InlineData(4, 8, true, true, 9, 40)]
    [InlineData(4, 16, false, true, 9, 40)]
    [InlineData(4, -1, true, false, 9, 40)]
    [InlineData(8, 8, false, false, 9, 40)]
    [InlineData(2, 24, true, true, 9, 40)]
    [InlineData(4, 128, true, true, 3, 272)]
    [InlineData(4, 48, false, false, 2, 150)]
    [InlineData(4, 200, true, true, 2, 272)]
    [InlineData(8, -1, true, true, 35, 144)]
    public void Codes_are_those_of_the_plain_algorithm(int bits, int group, bool actOrder, bool symmetric, int rows, int columns)
    {
        float[] weights = CodebookTests.Normal(rows * columns, bits), inputs = Inputs(100, columns, 3);
        double[] moments = Moments(inputs, columns);
        var options = new GptqOptions { Bits = bits, GroupSize = group, ActOrder = actOrder, Symmetric = symmetric };
        GroupedWeights rounded = Gptq.Quantize(weights, rows, columns, moments, options);
        Assert.Equal(0.01, rounded.Damping);
        Assert.Equal(Plain(weights, rows, columns, moments, options), rounded.Codes);
    }

    [Fact]
    public void Outputs_err_less_than_by_rounding_to_nearest_and_order_helps_where_inputs_differ()
    {
        const int rows = 32, columns = 64;
        float[] weights = CodebookTests.Normal(rows * columns, 1), inputs = Inputs(300, columns, 5);
        double[] moments = Moments(inputs, columns), alone = new double[columns * columns];
        for (int i = 0; i < columns; i++)
            alone[i * columns + i] = 1;
        var options = new GptqOptions { Bits = 4, GroupSize = 32 };
        double nearest = OutputError(weights, Read(Gptq.Quantize(weights, rows, columns, alone, options), rows), inputs, columns);
        double plain = OutputError(weights, Read(Gptq.Quantize(weights, rows, columns, moments, options with { ActOrder = false }), rows), inputs, columns);
        double ordered = OutputError(weights, Read(Gptq.Quantize(weights, rows, columns, moments, options), rows), inputs, columns);
        Assert.True(plain < 0.5 * nearest && ordered < plain, $"{nearest} to nearest, {plain} by GPTQ, {ordered} in order.");
    }

    [Fact]
    public void Damping_is_raised_until_the_factors_exist()
    {
        const int rows = 4, columns = 16;
        float[] weights = CodebookTests.Normal(rows * columns, 2);
        // One sample many times over: rank 1. A symmetric matrix with a negative direction needs as much again.
        double[] singular = Moments([.. Enumerable.Repeat(CodebookTests.Normal(columns, 8), 20).SelectMany(sample => sample)], columns);
        GroupedWeights rounded = Gptq.Quantize(weights, rows, columns, singular, new GptqOptions { GroupSize = 8, Damping = 0 });
        Assert.InRange(rounded.Damping!.Value, 1e-5, 1);
        for (int i = 0; i < columns; i++)
            singular[i * columns + i] -= 0.05 * singular.Max();
        rounded = Gptq.Quantize(weights, rows, columns, singular, new GptqOptions { GroupSize = 8 });
        Assert.NotEqual(0.01, rounded.Damping);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1e9)]
    public void Without_factors_weights_are_rounded_to_nearest(double bad)
    {
        const int rows = 3, columns = 16;
        float[] weights = CodebookTests.Normal(rows * columns, 4);
        double[] moments = Moments(Inputs(50, columns, 1), columns);
        moments[5 * columns + 5] = bad;
        var options = new GptqOptions { GroupSize = 8 };
        GroupedWeights rounded = Gptq.Quantize(weights, rows, columns, moments, options with { ActOrder = false });
        Assert.Null(rounded.Damping);
        float[] read = Read(rounded, rows);
        for (int i = 0; i < read.Length; i++)
            Assert.InRange(Math.Abs(read[i] - weights[i]), 0, rounded.Grids[i / columns * 2 + i % columns / 8].Scale * 0.501f + Math.Max(0, Math.Abs(weights[i]) - 7 * rounded.Grids[i / columns * 2 + i % columns / 8].Scale));
    }

    [Fact]
    public void An_input_that_is_never_used_gets_no_weight()
    {
        const int rows = 2, columns = 16;
        float[] inputs = Inputs(50, columns, 2);
        for (int i = 6; i < inputs.Length; i += columns)
            inputs[i] = 0;
        float[] read = Read(Gptq.Quantize(CodebookTests.Normal(rows * columns, 6), rows, columns, Moments(inputs, columns), new GptqOptions { GroupSize = 16 }), rows);
        Assert.Equal([0, 0], (float[])[read[6], read[columns + 6]]);
    }

    [Theory]
    [InlineData(3, 32)]
    [InlineData(4, 0)]
    [InlineData(4, 12)]
    public void Bits_and_groups_that_have_no_packing_are_refused(int bits, int group) =>
        Assert.Throws<ArgumentException>(() => Gptq.Quantize(new float[16], 1, 16, new double[256], new GptqOptions { Bits = bits, GroupSize = group }));

    [Theory]
    [InlineData(4, true)]
    [InlineData(4, false)]
    [InlineData(8, true)]
    [InlineData(2, false)]
    public void Packed_tensors_give_the_weights_back(int bits, bool symmetric)
    {
        const int rows = 32, columns = 48;
        GroupedWeights rounded = Gptq.Quantize(CodebookTests.Normal(rows * columns, 7), rows, columns, Moments(Inputs(99, columns, 7), columns), new GptqOptions { Bits = bits, GroupSize = 16, Symmetric = symmetric });
        var tensors = GroupPacking.Gptq("m", rounded, rows, bits).ToDictionary(tensor => tensor.Name, Bytes);
        var read = new float[rows * columns];
        GroupPacking.ReadGptq(name => Integers(tensors[name]), name => Halves(tensors[name]), "m", rows, columns, bits, read);
        Assert.Equal(Read(rounded, rows), read);
        if (bits != 4)
            return;
        tensors = GroupPacking.Awq("m", rounded with { GroupOf = [.. Enumerable.Range(0, columns).Select(i => i / 16)] }, rows).ToDictionary(tensor => tensor.Name, Bytes);
        GroupPacking.ReadAwq(name => Integers(tensors[name]), name => Halves(tensors[name]), "m", rows, columns, 16, read);
        Assert.Equal(Read(rounded with { GroupOf = [.. Enumerable.Range(0, columns).Select(i => i / 16)] }, rows), read);
    }

    // By the words of the format: input r in bits 4·(r mod 8), the stored zero one less.
    [Fact]
    public void The_first_word_of_a_checkpoint_is_the_first_eight_inputs()
    {
        var grids = Enumerable.Repeat(new GroupGrid(0.5f, 8, 15), 8).ToArray();
        var weights = new GroupedWeights([.. Enumerable.Range(0, 64).Select(i => (byte)(i % 16))], grids, new int[8], 0.01);
        var tensors = GroupPacking.Gptq("m", weights, 8, 4).ToDictionary(tensor => tensor.Name, Bytes);
        Assert.Equal(0x76543210u, Integers(tensors["m.qweight"])[0]);
        Assert.Equal(0xFEDCBA98u, Integers(tensors["m.qweight"])[1]);
        Assert.Equal(0x77777777u, Integers(tensors["m.qzeros"])[0]);
        Assert.Equal(0.5f, Halves(tensors["m.scales"])[0]);
        // AWQ: the nibbles of input 0 are the outputs 0, 2, 4, 6, 1, 3, 5, 7, whose codes are 0 and 8 by turns.
        Assert.Equal(0x88880000u, Integers(GroupPacking.Awq("m", weights, 8).Select(Bytes).First())[0]);
    }

    private static byte[] Bytes(SafetensorsSource source)
    {
        using var folder = new Gguf.TemporaryFolder();
        SafetensorsWriter.Write(folder["x.safetensors"], [source]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["x.safetensors"]);
        return file.Bytes(file.Entries[0]).ToArray();
    }

    private static uint[] Integers(byte[] bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(bytes).ToArray();

    private static float[] Halves(byte[] bytes) => [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(half => (float)half)];
}
