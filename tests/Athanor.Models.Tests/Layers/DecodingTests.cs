using Athanor.Models.Configuration;
using Athanor.Models.Layers;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;

namespace Athanor.Models.Tests.Layers;

public sealed class DecodingTests
{
    [Theory]
    [InlineData(new[] { 1 })]
    [InlineData(new[] { 3, 1 })]
    [InlineData(new[] { 5, 7, 2 })]
    [InlineData(new[] { 20, 1 })]
    public void A_ring_that_turned_twice_gives_the_logits_of_one_pass(int[] chunks)
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama with { SlidingWindow = 6, Layers = 3 });
        int[] ids = TinyModels.Ids(23);
        using var cache = new KeyValueCache(model.Device, model.Config, model.DType, 1, 64);
        Assert.Equal(6, cache.Slots);
        for (int time = 0; time < 2; time++)
        {
            Run.Near(Run.Logits(model, ids), Run.CachedLogits(model, ids, cache, chunks), 1e-5);
            Assert.Equal(23, cache.Length);
            cache.Clear();
        }
    }

    [Fact]
    public void Several_sequences_decode_side_by_side()
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama);
        int[] ids = TinyModels.Ids(24);
        float[] whole = Run.Logits(model, ids, rows: 2);
        using var cache = new KeyValueCache(model.Device, model.Config, model.DType, 2, 12);
        for (int t = 0; t < 12; t++)
        {
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            float[] step = model.Logits(model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(2, 1), [ids[t], ids[12 + t]])), cache)).ToArray();
            Run.Near([.. whole.AsSpan(t * 40, 40), .. whole.AsSpan((12 + t) * 40, 40)], step, 1e-5);
        }
    }

    [Fact]
    public void A_truncated_cache_goes_on_from_there()
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama);
        int[] ids = TinyModels.Ids(16), other = [.. ids[..9], .. TinyModels.Ids(7, seed: 5)];
        using var cache = new KeyValueCache(model.Device, model.Config, model.DType, 1, 16);
        Run.CachedLogits(model, ids, cache, 16);
        cache.Truncate(9);
        Run.Near(Run.Logits(model, other)[(9 * 40)..], Run.CachedLogits(model, other[9..], cache, 2), 1e-5);
    }

    [Fact]
    public void Dynamic_rotary_scaling_stays_what_it_was_for_the_prompt()
    {
        ModelConfig config = TinyModels.Llama with { ContextLength = 8, RopeScaling = new RopeScaling { Kind = RopeScalingKind.DynamicNtkSteps } };
        using Decoder model = TinyModels.Build(config), plain = TinyModels.Build(config with { RopeScaling = null });
        int[] ids = TinyModels.Ids(20);
        // A prompt within the trained length leaves the frequencies alone for the whole text.
        using var cache = new KeyValueCache(model.Device, model.Config, model.DType, 1, 32);
        Run.Near(Run.Logits(plain, ids), Run.CachedLogits(model, ids, cache, 6, 1), 1e-5);
        // A first pass of the whole text bends them for its length.
        cache.Clear();
        Run.Near(Run.Logits(model, ids), Run.CachedLogits(model, ids, cache, 20), 1e-5);
    }

    [Fact]
    public void A_table_that_grows_gives_the_same_turns()
    {
        // The first tables hold 64 rows; 65 tokens make longer ones, and the backward pass of the first forward still has its own.
        using Decoder model = TinyModels.Build(TinyModels.Llama);
        int[] ids = TinyModels.Ids(65);
        float[] first = Run.Logits(model, ids[..60]);
        Run.Near(first, Run.Logits(model, ids)[..(60 * 40)], 1e-5);
        Run.Near(first, Run.Logits(model, ids[..60]), 1e-6);
    }
}
