using Athanor.Models.Accounting;
using Athanor.Models.HuggingFace;
using Athanor.Models.Initialization;

namespace Athanor.Models.Tests.Initialization;

public sealed class ModelDesignTests
{
    [Fact]
    public void Depth_twelve_of_the_gpt2_template_is_gpt2()
    {
        ModelDesign design = ModelDesign.FromDepth(12, 50257, new ModelDesignOptions { Family = "gpt2" });
        Assert.Equal(124_439_808, ModelSize.Of(design.Config).Parameters);
    }

    [Fact]
    public void Every_depth_makes_a_model_that_its_family_can_say_and_every_value_has_its_rule()
    {
        foreach (string family in (string[])["llama", "mistral", "qwen2", "qwen3", "olmo2", "gpt2"])
        {
            var sizes = new List<long>();
            for (int depth = 1; depth <= 40; depth++)
            {
                ModelDesign design = ModelDesign.FromDepth(depth, 4096, new ModelDesignOptions { Family = family });
                Assert.Contains(family, HfCheckpoint.FamiliesFor(design.Config));
                Assert.Equal(64 * depth, design.Config.Width);
                Assert.Equal(0, design.Config.FeedForwardWidth % 64);
                Assert.InRange(design.Config.Heads / design.Config.KeyValueHeads, 1, 4);
                Assert.All(design.Derived, value => Assert.NotEmpty(value.Rule));
                sizes.Add(ModelSize.Of(design.Config).Parameters);
            }
            // Neighbours may change places: heads of a prime number cannot share keys.
            Assert.All(sizes.Skip(4).Zip(sizes), pair => Assert.True(pair.First > pair.Second));
        }
    }

    [Fact]
    public void Given_values_replace_derived_ones_and_say_so()
    {
        ModelDesign design = ModelDesign.FromDepth(12, 4096, new ModelDesignOptions { Width = 512, ContextLength = 256, TieEmbeddings = false });
        Assert.Equal((512, 8, 256, false), (design.Config.Width, design.Config.Heads, design.Config.ContextLength, design.Config.TieEmbeddings));
        Assert.Equal("given", design.Derived.Single(value => value.Name == "width").Rule);
        Assert.Equal("1408", design.Derived.Single(value => value.Name == "feed-forward width").Value);
        Assert.Throws<ArgumentException>(() => ModelDesign.FromDepth(12, 4096, new ModelDesignOptions { Width = 500 }));
        Assert.Contains("llama, mistral", Assert.Throws<ArgumentException>(() => ModelDesign.FromDepth(12, 4096, new ModelDesignOptions { Family = "falcon" })).Message, StringComparison.Ordinal);
    }
}
