using Athanor.Models.Accounting;
using Athanor.Models.Configuration;
using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Models.Tests.Accounting;

public sealed class ModelSizeTests
{
    private static readonly ModelConfig Llama2With7B = new() { VocabularySize = 32000, Width = 4096, Layers = 32, Heads = 32, FeedForwardWidth = 11008, ContextLength = 4096 };

    [Fact]
    public void Published_models_have_their_published_number_of_parameters()
    {
        // Numbers of parameters as the model cards and checkpoints give them.
        Assert.Equal(6_738_415_616, ModelSize.Of(Llama2With7B).Parameters);
        Assert.Equal(8_030_261_248, ModelSize.Of(Llama2With7B with { VocabularySize = 128256, FeedForwardWidth = 14336, KeyValueHeads = 8 }).Parameters);
        Assert.Equal(7_241_732_096, ModelSize.Of(Llama2With7B with { FeedForwardWidth = 14336, KeyValueHeads = 8 }).Parameters);
        Assert.Equal(124_439_808, ModelSize.Of(Gpt2).Parameters);
    }

    [Fact]
    public void The_count_is_that_of_the_built_model()
    {
        ModelConfig small = Llama2With7B with { VocabularySize = 96, Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForwardWidth = 48, ContextLength = 16 };
        ModelConfig[] configs =
        [
            small, small with { TieEmbeddings = true, QkvBias = true, QkNorm = QkNormKind.PerHead }, small with { QkNorm = QkNormKind.FullWidth, Layout = BlockLayout.PostNorm },
            small with { Layout = BlockLayout.ParallelSharedNorm, FeedForward = FeedForwardKind.Gelu, Norm = NormKind.Layer, NormBias = true, AttentionOutputBias = true, FeedForwardBias = true },
            small with { Position = PositionKind.Learned, NormGain = false },
        ];
        foreach (ModelConfig config in configs)
        {
            using var model = new Decoder(Device.Default, config);
            ModelSize size = ModelSize.Of(config);
            Assert.Equal(model.Parameters.Sum(parameter => parameter.Value.Shape.Count), size.Parameters);
            Assert.All(size.Parts, part => Assert.Equal(model.Parameters.Where(parameter => parameter.Part == part.Part).Sum(parameter => parameter.Value.Shape.Count), part.Parameters));
        }
    }

    [Fact]
    public void Training_operations_are_six_a_weight_and_the_attention_of_palm()
    {
        // nanoGPT's and llm.c's figure for GPT-2 124M at 1024 tokens with this convention, in MFLOP a token.
        Assert.Equal(854.438, ModelFlops.TrainingPerToken(Gpt2, 1024) / 1e6, 0.5);
    }

    [Fact]
    public void Memory_is_that_of_the_built_model_and_its_cache()
    {
        ModelConfig small = Llama2With7B with { VocabularySize = 96, Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForwardWidth = 48, ContextLength = 16 };
        ModelConfig[] configs = [small, small with { TieEmbeddings = true, QkvBias = true }, small with { Position = PositionKind.Learned, Norm = NormKind.Layer, NormBias = true }, small with { SlidingWindow = 5 }];
        foreach (ModelConfig config in configs)
        {
            foreach (DType type in (DType[])[DType.F32, DType.BF16])
            {
                using var model = new Decoder(Device.Default, config, type, trainable: false);
                using var cache = new KeyValueCache(Device.Default, config, type, batch: 1, config.ContextLength);
                ModelMemory memory = ModelMemory.Of(config, type);
                Assert.Equal(model.Parameters.Sum(parameter => parameter.Value.Shape.Count * parameter.Value.DType.Size()), memory.Weights);
                Assert.Equal(cache.Bytes, memory.CacheOfContext);
                Assert.Equal(cache.Bytes / cache.Slots, memory.CachePerToken);
            }
        }
    }

    [Fact]
    public void The_cache_of_llama_3_8b_takes_what_its_serving_guides_say() =>
        Assert.Equal(128 * 1024, ModelMemory.Of(Llama2With7B with { VocabularySize = 128256, FeedForwardWidth = 14336, KeyValueHeads = 8 }, DType.BF16).CachePerToken);

    private static ModelConfig Gpt2 => new()
    {
        Family = "gpt2",
        VocabularySize = 50257,
        Width = 768,
        Layers = 12,
        Heads = 12,
        FeedForwardWidth = 3072,
        ContextLength = 1024,
        Norm = NormKind.Layer,
        NormBias = true,
        FeedForward = FeedForwardKind.GeluTanh,
        QkvBias = true,
        AttentionOutputBias = true,
        FeedForwardBias = true,
        Position = PositionKind.Learned,
        TieEmbeddings = true,
    };
}
