using Athanor.Models.Adaptation;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;

namespace Athanor.Models.Tests.Adaptation;

public sealed class VocabularyGrowthTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void New_rows_are_means_and_old_tokens_keep_their_logits(bool tied)
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama with { TieEmbeddings = tied });
        using Decoder grown = VocabularyGrowth.Grow(model, 44, 38, row => row switch { 38 => [3, 5], 39 => [7], _ => [] });
        Assert.Equal(44, grown.Config.VocabularySize);
        int[] ids = TinyModels.Ids(12, vocabulary: 38);
        float[] before = Run.Logits(model, ids), after = Run.Logits(grown, ids);
        for (int t = 0; t < ids.Length; t++)
        {
            ReadOnlySpan<float> old = before.AsSpan(t * 40, 40), now = after.AsSpan(t * 44, 44);
            for (int id = 0; id < 38; id++)
                Assert.Equal(old[id], now[id], 1e-5);
            // The head is linear: the logit of a mean is the mean of logits.
            Assert.Equal((old[3] + old[5]) / 2, now[38], 1e-4);
            Assert.Equal(old[7], now[39], 1e-5);
            double mean = 0;
            for (int id = 0; id < 38; id++)
                mean += old[id] / 38.0;
            for (int id = 40; id < 44; id++)
                Assert.Equal(mean, now[id], 1e-4);
        }
        // A new token reads like the mean of its pieces: token 39 like token 7.
        Run.Near(Run.Logits(grown, [7, 1, 2]), Run.Logits(grown, [39, 1, 2]), 1e-6);
        Assert.Throws<ArgumentOutOfRangeException>(() => VocabularyGrowth.Grow(model, 39, 38, _ => []));
    }

    [Fact]
    public void Half_precision_weights_keep_their_bits()
    {
        using Decoder model = TinyModels.Build(TinyModels.Llama, DType.BF16);
        using Decoder grown = VocabularyGrowth.Grow(model, 48, 40, _ => [1, 2]);
        int[] ids = TinyModels.Ids(9);
        float[] before = Run.Logits(model, ids), after = Run.Logits(grown, ids);
        for (int t = 0; t < ids.Length; t++)
            Assert.Equal(before[(t * 40)..(t * 40 + 40)], after[(t * 48)..(t * 48 + 40)]);
    }
}
