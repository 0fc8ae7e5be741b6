using Athanor.Models.Configuration;

namespace Athanor.Models.Tests.Configuration;

/// <summary>Frequencies against the formulas worked out by hand at their corners; the whole of each method is checked by the logits of reference.py.</summary>
public sealed class RopeScalingTests
{
    [Fact]
    public void Ntk_keeps_the_highest_frequency_and_divides_the_lowest_by_the_factor()
    {
        (double[] frequencies, double magnitude) = new RopeScaling { Kind = RopeScalingKind.Ntk, Factor = 4 }.Apply(64, 10000, 2048, 5000);
        Assert.Equal(1, frequencies[0], 1e-15);
        // base' = base·4^(64/62), so the last frequency base'^(−62/64) is a quarter of what it was.
        Assert.Equal(Math.Pow(10000, -62.0 / 64) / 4, frequencies[^1], 1e-15);
        Assert.Equal(1, magnitude);
    }

    [Fact]
    public void Dynamic_ntk_starts_behind_the_original_context()
    {
        var scaling = new RopeScaling { Kind = RopeScalingKind.DynamicNtk, Factor = 2 };
        Assert.Equal(Math.Pow(10000, -62.0 / 64), scaling.Apply(64, 10000, 2048, 2048).Frequencies[^1], 1e-15);
        // 2·4096/2048 − 1 = 3.
        Assert.Equal(Math.Pow(10000, -62.0 / 64) / 3, scaling.Apply(64, 10000, 2048, 4096).Frequencies[^1], 1e-15);
    }

    [Theory]
    [InlineData(2048, 1)]
    [InlineData(2049, 3)]
    [InlineData(4096, 3)]
    [InlineData(4097, 7)]
    [InlineData(8193, 15)]
    public void The_steps_of_Qwen_are_one_less_than_powers_of_two(int length, int factor)
    {
        double[] frequencies = new RopeScaling { Kind = RopeScalingKind.DynamicNtkSteps }.Apply(64, 10000, 2048, length).Frequencies;
        Assert.Equal(Math.Pow(10000, -62.0 / 64) / factor, frequencies[^1], 1e-15);
    }

    [Fact]
    public void Linear_divides_every_frequency()
    {
        double[] frequencies = new RopeScaling { Kind = RopeScalingKind.Linear, Factor = 8 }.Apply(16, 10000, 2048, 1).Frequencies;
        for (int i = 0; i < 8; i++)
            Assert.Equal(Math.Pow(10000, -2 * i / 16.0) / 8, frequencies[i], 1e-15);
    }

    [Fact]
    public void Llama_3_leaves_short_waves_divides_long_ones_and_mixes_between()
    {
        // Llama 3.1 8B: head 128, base 500,000, factor 8, original context 8192.
        double[] frequencies = new RopeScaling { Kind = RopeScalingKind.Llama3, Factor = 8, OriginalContextLength = 8192 }.Apply(128, 500000, 131072, 1).Frequencies;
        for (int i = 0; i < 64; i++)
        {
            double plain = Math.Pow(500000, -2 * i / 128.0), wave = 2 * Math.PI / plain, smooth = Math.Clamp((8192 / wave - 1) / 3, 0, 1);
            Assert.Equal(plain * (smooth + (1 - smooth) / 8), frequencies[i], 1e-14);
        }
        Assert.Contains(frequencies.Select((value, i) => value / Math.Pow(500000, -2 * i / 128.0)), share => share is > 0.2 and < 0.9);
    }

    [Fact]
    public void Yarn_counts_turns_and_sharpens_attention()
    {
        // Qwen 2.5's settings for 131,072 positions: head 128, base 1,000,000, factor 4, original 32,768: bounds at dimensions 23 and 40.
        (double[] frequencies, double magnitude) = new RopeScaling { Kind = RopeScalingKind.Yarn, Factor = 4, OriginalContextLength = 32768 }.Apply(128, 1e6, 131072, 1);
        Assert.Equal(1.1386294361119891, magnitude, 1e-15);
        double Plain(int i) => Math.Pow(1e6, -2 * i / 128.0);
        Assert.Equal(Plain(23), frequencies[23], 1e-15);
        Assert.Equal(Plain(40) / 4, frequencies[40], 1e-15);
        Assert.Equal(Plain(30) * (7 / 17.0 / 4 + 10 / 17.0), frequencies[30], 1e-15);
    }
}
