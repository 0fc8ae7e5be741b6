using Athanor.Models.Adaptation;
using Athanor.Models.Configuration;
using Athanor.Models.HuggingFace;
using Athanor.Models.Tests.Testing;
using Athanor.Tensors;

namespace Athanor.Models.Tests.Adaptation;

public sealed class ContextExtensionTests
{
    private static readonly ModelConfig Model = TinyModels.Llama with { ContextLength = 128, RopeTheta = 10000 };

    /// <summary>Frequencies of a head of 8 from the papers' formulas, written once more.</summary>
    [Theory]
    [InlineData(RotaryExtension.Linear)]
    [InlineData(RotaryExtension.Ntk)]
    [InlineData(RotaryExtension.Yarn)]
    [InlineData(RotaryExtension.Llama3)]
    public void Frequencies_are_those_of_the_papers(RotaryExtension kind)
    {
        ModelConfig longer = ContextExtension.Apply(Model, 512, kind);
        Assert.Equal(512, longer.ContextLength);
        const int d = 8;
        const double s = 4, old = 128;
        Assert.Equal(d, Model.RotarySize);
        (double[] found, double magnitude) = longer.RopeScaling?.Apply(d, longer.RopeTheta, 512, 512) ?? (RotaryTable.Frequencies(d, longer.RopeTheta), 1);
        for (int i = 0; i < d / 2; i++)
        {
            double plain = Math.Pow(10000, -2.0 * i / d), wave = 2 * Math.PI / plain;
            double expected = kind switch
            {
                RotaryExtension.Linear => plain / s,
                RotaryExtension.Ntk => Math.Pow(10000 * Math.Pow(s, d / (d - 2.0)), -2.0 * i / d),
                RotaryExtension.Llama3 => wave < old / 4 ? plain : wave > old ? plain / s : Smooth((old / wave - 1) / 3, plain, s),
                _ => Ramp(i, plain),
            };
            Assert.Equal(expected, found[i], 1e-9);
        }
        Assert.Equal(kind == RotaryExtension.Yarn ? 0.1 * Math.Log(s) + 1 : 1, magnitude, 1e-12);

        static double Smooth(double share, double plain, double s) => (1 - share) * plain / s + share * plain;
        static double Ramp(int i, double plain)
        {
            double Dim(double turns) => d * Math.Log(old / (2 * Math.PI * turns)) / (2 * Math.Log(10000));
            double low = Math.Max(0, Math.Floor(Dim(32))), high = Math.Min(d - 1, Math.Ceiling(Dim(1))), ramp = Math.Clamp((i - low) / (high - low), 0, 1);
            return plain / s * ramp + plain * (1 - ramp);
        }
    }

    [Theory]
    [InlineData(RotaryExtension.Linear)]
    [InlineData(RotaryExtension.Ntk)]
    [InlineData(RotaryExtension.Yarn)]
    [InlineData(RotaryExtension.Llama3)]
    public void The_llama_config_says_all_of_them(RotaryExtension kind)
    {
        ModelConfig longer = ContextExtension.Apply(Model, 512, kind);
        Assert.Contains("llama", HfCheckpoint.FamiliesFor(longer));
        Assert.Contains("\"max_position_embeddings\": 512", HfCheckpoint.WriteConfig(longer), StringComparison.Ordinal);
    }

    [Fact]
    public void Shorter_contexts_and_other_positions_bend_nothing_and_what_cannot_be_extended_is_refused()
    {
        Assert.Equal(Model with { ContextLength = 64 }, ContextExtension.Apply(Model, 64, RotaryExtension.Yarn));
        Assert.Equal(Model, ContextExtension.Apply(Model, 128, RotaryExtension.Yarn));
        ModelConfig alibi = Model with { Position = PositionKind.Alibi };
        Assert.Equal(alibi with { ContextLength = 512 }, ContextExtension.Apply(alibi, 512, RotaryExtension.Yarn));
        Assert.Contains("learned vector", Assert.Throws<ArgumentException>(() => ContextExtension.Apply(Model with { Position = PositionKind.Learned }, 512, RotaryExtension.Yarn)).Message, StringComparison.Ordinal);
        ModelConfig once = ContextExtension.Apply(Model, 512, RotaryExtension.Yarn);
        Assert.Contains("scaled already", Assert.Throws<ArgumentException>(() => ContextExtension.Apply(once, 1024, RotaryExtension.Yarn)).Message, StringComparison.Ordinal);
    }
}
