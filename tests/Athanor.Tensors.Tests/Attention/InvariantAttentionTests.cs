using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Attention;

public sealed class InvariantAttentionTests
{
    private const int Heads = 4, Shared = 2;

    public static TheoryData<CpuDevice, DType, int, int, bool> Cases()
    {
        var data = new TheoryData<CpuDevice, DType, int, int, bool>();
        foreach (CpuDevice device in TestDevices.Fast)
        {
            foreach (DType type in (DType[])[DType.F32, DType.BF16])
            {
                data.Add(device, type, 32, 0, false);
                data.Add(device, type, 20, 0, true);
                data.Add(device, type, 16, 70, false);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Queries_read_in_parts_get_the_bits_they_get_together(CpuDevice device, DType type, int size, int window, bool biased)
    {
        const int Time = 600;
        using StepScope scope = StepScope.Begin(device, record: false);
        // Large scores, so that running maxima move often.
        Tensor q = Random(device, 1, Time, Heads, size, type, 3), k = Random(device, 2, Time, Shared, size, type, 2), v = Random(device, 3, Time, Shared, size, type, 1);
        var options = new AttentionOptions { Causal = true, Invariant = true, Window = window, SoftCap = biased ? 20 : 0, Slopes = biased ? Tensor.From(device, new Shape(Heads), [0.5f, 0.25f, 0.1f, 0.01f]) : default };
        float[] whole = Ops.Attention(q, k, v, options).ToArray();
        var random = new Random(size + window);
        for (int done = 0; done < Time;)
        {
            int count = Math.Min(Time - done, random.Next(3) switch { 0 => 1, 1 => random.Next(1, 8), _ => random.Next(1, 120) }), seen = done + count;
            Tensor part = Ops.Attention(q.Slice(1, done, count), k.Slice(1, 0, seen), v.Slice(1, 0, seen), options with { Offset = done });
            int at = whole.AsSpan(done * Heads * size, count * Heads * size).CommonPrefixLength(part.ToArray());
            Assert.True(at == count * Heads * size, $"Of the queries {done} … {seen - 1}, number {at / (Heads * size)} differs.");
            done = seen;
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    public void Heads_that_share_keys_get_at_one_query_what_each_gets_alone(CpuDevice device, DType type)
    {
        const int Keys = 300, Group = 5, Size = 32;
        using StepScope scope = StepScope.Begin(device, record: false);
        Tensor q = Random(device, 1, 1, Shared * Group, Size, type, 3), k = Random(device, 2, Keys, Shared, Size, type, 2), v = Random(device, 3, Keys, Shared, Size, type, 1);
        foreach ((int offset, float cap) in ((int, float)[])[(Keys - 1, 0), (Keys + 5, 0), (130, 0), (Keys - 1, 15)])
        {
            var options = new AttentionOptions { Causal = true, Invariant = true, Offset = offset, SoftCap = cap };
            float[] together = Ops.Attention(q, k, v, options).ToArray();
            for (int h = 0; h < Shared * Group; h++)
            {
                float[] alone = Ops.Attention(q.Slice(2, h, 1), k.Slice(2, h / Group, 1), v.Slice(2, h / Group, 1), options).ToArray();
                Assert.Equal(alone, together[(h * Size)..((h + 1) * Size)]);
            }
        }
    }

    private static Tensor Random(CpuDevice device, int seed, int time, int heads, int size, DType type, double scale)
    {
        using TestBuffer numbers = TestData.Normal(seed, (long)time * heads * size, DType.F32, scale);
        var values = new float[numbers.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = numbers[i];
        return Tensor.From(device, new Shape(1, time, heads, size), values, type);
    }
}
