using Athanor.Tensors.Cpu;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Attention;

public sealed class PagedAttentionTests
{
    /// <summary>Queries and the position of the first of each text: one token, few, a part of a prompt, one that ends with its block, one behind many blocks.</summary>
    private static readonly (int Count, int Position)[] Texts = [(1, 296), (1, 0), (3, 61), (1, 63), (1, 64), (35, 0), (7, 250), (1, 520), (70, 20), (5, 0)];

    public static TheoryData<CpuDevice, DType, DType, int, int, int, string> Cases()
    {
        var data = new TheoryData<CpuDevice, DType, DType, int, int, int, string>();
        foreach (CpuDevice device in (CpuDevice[])[TestDevices.Reference, .. TestDevices.Fast])
        {
            // Shapes as "query heads/key heads/head dim".
            foreach (DType type in (DType[])[DType.F32, DType.BF16])
            {
                data.Add(device, type, type, 64, 0, 0, "4/2/32");
                data.Add(device, type, type, 16, 70, 0, "12/12/16");
                data.Add(device, type, type, 32, 0, 20, "4/2/20");
                data.Add(device, type, DType.I8, 64, 0, 0, "8/1/64");
                data.Add(device, type, DType.I8, 16, 33, 15, "6/2/33");
            }
            data.Add(device, DType.BF16, DType.F32, 64, 0, 0, "24/1/32");
            data.Add(device, DType.F32, DType.BF16, 32, 300, 0, "40/1/32");
            data.Add(device, DType.BF16, DType.BF16, 256, 0, 0, "9/3/128");
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Texts_together_in_scattered_blocks_get_the_bits_that_each_gets_alone_in_one_piece(CpuDevice device, DType type, DType cached, int block, int window, int cap, string shape)
    {
        using StepScope scope = StepScope.Begin(device, record: false);
        var all = new Batch(device, type, cached, block, shape, device.Path == KernelPath.Reference ? Texts[..5] : Texts);
        AttentionOptions options = all.Options(window, cap);
        float[] together = Ops.PagedAttention(all.Queries, all.Cache, all.TextRows, all.Blocks, options).ToArray();
        for (int i = 0; i < all.Texts.Length; i++)
        {
            (int count, int position) = all.Texts[i];
            Tensor q = all.Queries.Slice(1, all.Starts[i], count);
            float[] alone = Ops.Attention(q, all.Piece(i, keys: true), all.Piece(i, keys: false), options with { Offset = position, Invariant = true }).ToArray();
            int row = q.Shape[2] * q.Shape[3], same = together.AsSpan(all.Starts[i] * row, alone.Length).CommonPrefixLength(alone);
            Assert.True(same == alone.Length, $"Text {i}, query {same / row}, number {same % row} differs: {together[all.Starts[i] * row + Math.Min(same, alone.Length - 1)]} for {alone[Math.Min(same, alone.Length - 1)]}.");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Results_are_near_those_of_a_plain_sum_in_double(CpuDevice device, DType type, DType cached, int block, int window, int cap, string shape)
    {
        using StepScope scope = StepScope.Begin(device, record: false);
        var all = new Batch(device, type, cached, block, shape, [(1, 170), (1, 0), (3, 61)]);
        float[] results = Ops.PagedAttention(all.Queries, all.Cache, all.TextRows, all.Blocks, all.Options(window, cap)).ToArray();
        float[] q = all.Queries.ToArray();
        int heads = all.Queries.Shape[2], size = all.Queries.Shape[3], shared = all.Cache.Keys.Shape[1];
        double tolerance = type == DType.F32 ? 1e-4 : 0.03;
        for (int i = 0; i < all.Texts.Length; i++)
        {
            float[] k = all.Piece(i, keys: true).ToArray(), v = all.Piece(i, keys: false).ToArray();
            for (int n = 0; n < all.Texts[i].Count; n++)
            {
                int last = all.Texts[i].Position + n, first = window > 0 ? Math.Max(0, last - window + 1) : 0;
                for (int h = 0; h < heads; h++)
                {
                    int at = ((all.Starts[i] + n) * heads + h) * size, g = h / (heads / shared);
                    double[] weights = [.. Enumerable.Range(first, last - first + 1).Select(j => Score(q.AsSpan(at, size), k.AsSpan((j * shared + g) * size, size), cap) - (cap > 0 ? Batch.Slope(h) * (last - j) : 0))];
                    double most = weights.Max(), sum = weights.Sum(s => Math.Exp(s - most));
                    for (int x = 0; x < size; x++)
                    {
                        double wanted = 0;
                        for (int j = first; j <= last; j++)
                            wanted += Math.Exp(weights[j - first] - most) / sum * v[(j * shared + g) * size + x];
                        Assert.True(Math.Abs(results[at + x] - wanted) <= tolerance * Math.Max(1, Math.Abs(wanted)), $"Text {i}, query {n}, head {h}, number {x}: {results[at + x]} for {wanted}.");
                    }
                }
            }
        }
    }

    private static double Score(ReadOnlySpan<float> q, ReadOnlySpan<float> k, int cap)
    {
        double sum = 0;
        for (int x = 0; x < q.Length; x++)
            sum += (double)q[x] * k[x];
        sum /= Math.Sqrt(q.Length);
        return cap > 0 ? cap * Math.Tanh(sum / cap) : sum;
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Neither_neighbours_nor_threads_nor_what_other_texts_left_in_a_block_change_a_bit(CpuDevice device, DType type)
    {
        (int, int)[] texts = [(1, 700), (2, 33), (1, 5), (1, 1500)];
        float[][] alone = [.. Enumerable.Range(0, texts.Length).Select(i => Run(device, [i], 0))];
        foreach (CpuDevice threads in (CpuDevice[])[device, TestDevices.WithThreads(device, 1), TestDevices.WithThreads(device, 3), TestDevices.WithThreads(device, 13)])
        {
            foreach (int[] some in (int[][])[[0, 1, 2, 3], [3, 2, 0], [3], [1, 0]])
            {
                float[] together = Run(threads, some, float.NaN);
                Assert.Equal(some.SelectMany(i => alone[i]), together);
            }
        }

        float[] Run(CpuDevice on, int[] some, float left)
        {
            using StepScope scope = StepScope.Begin(on, record: false);
            var all = new Batch(on, type, type, 32, "8/2/64", [.. some.Select(i => texts[i])], left, [.. some]);
            return Ops.PagedAttention(all.Queries, all.Cache, all.TextRows, all.Blocks, all.Options(0, 0)).ToArray();
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Rows_kept_as_bytes_are_within_half_a_step(CpuDevice device)
    {
        const int Rows = 100, Heads = 2, Size = 19;
        using StepScope scope = StepScope.Begin(device, record: false);
        float[] wanted = Batch.Numbers(5, Rows * Heads * Size, 4);
        wanted.AsSpan(0, Size).Clear();
        wanted[Size] = float.NaN;
        Tensor source = Tensor.From(device, new Shape(1, Rows, Heads, Size), wanted), zeros = Tensor.Zeros(device, source.Shape);
        PagedRows cache = Batch.Memory(device, 104, Heads, Size, DType.I8, 8);
        int[] slots = [.. Enumerable.Range(0, Rows).Select(i => 103 - i)];
        Ops.PagedWrite(cache, source, zeros, Tensor.From(device, new Shape(Rows), slots));
        float[] bytes = cache.Keys.To(DType.F32).ToArray(), scales = cache.KeyScales.ToArray();
        for (int row = 0; row < Rows * Heads; row++)
        {
            int at = slots[row / Heads] * Heads + row % Heads;
            float[] want = wanted[(row * Size)..((row + 1) * Size)];
            if (row == 1)
                Assert.True(float.IsNaN(scales[at]));
            else
                Assert.All(Enumerable.Range(0, Size), x => Assert.True(Math.Abs(want[x] - bytes[at * Size + x] * scales[at]) <= want.Max(Math.Abs) / 254 * 1.001f));
        }
        Assert.All(cache.Values.To(DType.F32).ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        CpuDevice device = TestDevices.Reference;
        using StepScope scope = StepScope.Begin(device, record: false);
        Tensor q = Tensor.Zeros(device, new Shape(1, 3, 2, 8)), blocks = Ints(1, 0);
        PagedRows cache = Batch.Memory(device, 128, 2, 8, DType.F32, 64);
        var options = new AttentionOptions { Causal = true };
        Assert.Equal(48, Ops.PagedAttention(q, cache, Text(0, 3, 125, 0), blocks, options).Count);
        Assert.Equal(48, Ops.PagedAttention(q, cache, Tensor.From(device, new Shape(0, 4), ReadOnlySpan<int>.Empty), blocks, options).Count);
        Assert.Throws<ArgumentException>(() => Ops.PagedAttention(q, cache, Text(0, 3, 126, 0), blocks, options));
        Assert.Throws<ArgumentException>(() => Ops.PagedAttention(q, cache, Text(1, 3, 0, 0), blocks, options));
        Assert.Throws<ArgumentException>(() => Ops.PagedAttention(q, cache, Text(0, 0, 0, 0), blocks, options));
        Assert.Throws<ArgumentException>(() => Ops.PagedAttention(q, cache, Text(0, 3, 62, 1), blocks, options));
        Assert.Throws<ArgumentException>(() => Ops.PagedAttention(q, cache, Text(0, 3, 0, 0), blocks, default));
        Assert.Throws<ArgumentException>(() => Ops.PagedAttention(q, cache, Text(0, 3, 0, 0), blocks, options with { Prefix = Ints(1) }));
        Assert.Throws<ArgumentException>(() => Ops.PagedAttention(q, cache with { KeyScales = q }, Text(0, 3, 0, 0), blocks, options));
        Assert.Throws<ArgumentException>(() => Ops.PagedAttention(Tensor.Zeros(device, new Shape(1, 3, 3, 8)), cache, Text(0, 3, 0, 0), blocks, options));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.PagedAttention(q, cache, Text(0, 1, 0, 0), Ints(2), options));
        Assert.Throws<ArgumentException>(() => Ops.PagedWrite(cache, q, q, Ints(1, 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.PagedWrite(cache, q, q, Ints(1, 2, 128)));

        Tensor Ints(params int[] values) => Tensor.From(device, new Shape(values.Length), values);
        Tensor Text(params int[] values) => Tensor.From(device, new Shape(1, 4), values);
    }

    /// <summary>Texts whose keys and values lie in scattered blocks of a cache.</summary>
    private sealed class Batch
    {
        private readonly int[][] _tables;
        private readonly DType _type;

        /// <param name="left">What lies in the memory beside the texts' keys and values.</param>
        /// <param name="seeds">Of each text what its numbers come from.</param>
        public Batch(CpuDevice device, DType type, DType cached, int block, string shape, (int Count, int Position)[] texts, float left = 0, int[]? seeds = null)
        {
            int[] numbers = [.. shape.Split('/').Select(int.Parse)];
            (int heads, int shared, int size) = (numbers[0], numbers[1], numbers[2]);
            (Texts, _type) = (texts, type);
            Starts = [.. Enumerable.Range(0, texts.Length).Select(i => texts[..i].Sum(text => text.Count))];
            int[] blocks = [.. texts.Select(text => (text.Position + text.Count + block - 1) / block)];
            var random = new Random(size + block);
            int[] places = [.. Enumerable.Range(0, blocks.Sum() + 2).OrderBy(_ => random.Next())];
            _tables = [.. Enumerable.Range(0, texts.Length).Select(i => places[blocks[..i].Sum()..blocks[..(i + 1)].Sum()])];
            Cache = Memory(device, places.Length * block, shared, size, cached, block);
            if (left != 0)
                Ops.PagedWrite(Cache, Filled(places.Length * block, left), Filled(places.Length * block, left), Tensor.From(device, new Shape(places.Length * block), Enumerable.Range(0, places.Length * block).ToArray()));
            var queries = new Tensor[texts.Length];
            for (int i = 0; i < texts.Length; i++)
            {
                int seed = 10 * (seeds is null ? i : seeds[i]), length = texts[i].Position + texts[i].Count;
                queries[i] = Tensor.From(device, new Shape(1, texts[i].Count, heads, size), Numbers(seed + 1, texts[i].Count * heads * size, 3), type);
                Tensor k = Tensor.From(device, new Shape(1, length, shared, size), Numbers(seed + 2, length * shared * size, 2), type);
                Tensor v = Tensor.From(device, new Shape(1, length, shared, size), Numbers(seed + 3, length * shared * size, 1), type);
                Ops.PagedWrite(Cache, k, v, Tensor.From(device, new Shape(length), Slots(i)));
            }
            Queries = Ops.Concat(1, queries);
            Blocks = Tensor.From(device, new Shape(blocks.Sum()), _tables.SelectMany(table => table).ToArray());
            TextRows = Tensor.From(device, new Shape(texts.Length, 4), Enumerable.Range(0, texts.Length).SelectMany(i => (int[])[Starts[i], texts[i].Count, texts[i].Position, blocks[..i].Sum()]).ToArray());

            Tensor Filled(int rows, float value)
            {
                float[] same = new float[rows * shared * size];
                Array.Fill(same, value);
                return Tensor.From(device, new Shape(1, rows, shared, size), same, type);
            }
        }

        public (int Count, int Position)[] Texts { get; }

        public int[] Starts { get; }

        public PagedRows Cache { get; }

        public Tensor Queries { get; }

        public Tensor Blocks { get; }

        public Tensor TextRows { get; }

        public AttentionOptions Options(int window, int cap) => new()
        {
            Causal = true,
            Window = window,
            SoftCap = cap,
            Slopes = cap == 0 ? default : Tensor.From(Queries.Device, new Shape(Queries.Shape[2]), Enumerable.Range(0, Queries.Shape[2]).Select(Slope).ToArray()),
        };

        public static float Slope(int head) => head % 3 == 1 ? 0 : 0.5f / (1 + head);

        /// <summary>The keys or values of a text in one piece, as the type they count as.</summary>
        public Tensor Piece(int text, bool keys)
        {
            int[] slots = Slots(text);
            Tensor rows = keys ? Cache.Keys : Cache.Values, scales = keys ? Cache.KeyScales : Cache.ValueScales, at = Tensor.From(rows.Device, new Shape(slots.Length), slots);
            if (!scales.Exists)
                return rows.IndexSelect(0, at).To(_type).Reshape(1, slots.Length, rows.Shape[1], rows.Shape[2]);
            float[] bytes = rows.To(DType.F32).ToArray(), of = scales.ToArray(), numbers = new float[slots.Length * rows.Shape[1] * rows.Shape[2]];
            int row = rows.Shape[1] * rows.Shape[2];
            for (int i = 0; i < numbers.Length; i++)
                numbers[i] = bytes[slots[i / row] * row + i % row] * of[slots[i / row] * rows.Shape[1] + i % row / rows.Shape[2]];
            return Tensor.From(rows.Device, new Shape(1, slots.Length, rows.Shape[1], rows.Shape[2]), numbers, _type);
        }

        private int[] Slots(int text) => [.. Enumerable.Range(0, Texts[text].Position + Texts[text].Count).Select(j => _tables[text][j / Cache.BlockSize] * Cache.BlockSize + j % Cache.BlockSize)];

        public static PagedRows Memory(CpuDevice device, int slots, int heads, int size, DType type, int block)
        {
            var shape = new Shape(slots, heads, size);
            Tensor scales = type == DType.I8 ? Tensor.Zeros(device, new Shape(slots, heads)) : default, others = type == DType.I8 ? Tensor.Zeros(device, new Shape(slots, heads)) : default;
            return new PagedRows(Tensor.Zeros(device, shape, type), Tensor.Zeros(device, shape, type), scales, others, block);
        }

        public static float[] Numbers(int seed, int count, double scale)
        {
            using TestBuffer numbers = TestData.Normal(seed, count, DType.F32, scale);
            float[] values = new float[count];
            for (int i = 0; i < count; i++)
                values[i] = numbers[i];
            return values;
        }
    }
}
