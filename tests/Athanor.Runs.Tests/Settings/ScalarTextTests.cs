using Athanor.Runs.Settings;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Runs.Tests.Settings;

public sealed class ScalarTextTests
{
    [Theory]
    [InlineData("12", 12)]
    [InlineData("-3", -3)]
    [InlineData("3.3M", 3_300_000)]
    [InlineData("64k", 64_000)]
    [InlineData("64Ki", 65_536)]
    [InlineData("1_000_000", 1_000_000)]
    [InlineData("1e6", 1_000_000)]
    [InlineData("2B", 2_000_000_000)]
    [InlineData("0.5k", 500)]
    public void Whole_numbers_may_have_suffixes(string text, long expected)
    {
        Assert.True(NumberText.TryInteger(text, out decimal value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("3%")]
    [InlineData("1.2345k")]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("1kk")]
    [InlineData("_1")]
    [InlineData("1_")]
    [InlineData("0x10")]
    [InlineData("1 000")]
    [InlineData("1,000")]
    [InlineData("99999999999999999999T")]
    [InlineData("\u0661")]
    public void What_is_no_whole_number_is_refused(string text) => Assert.False(NumberText.TryInteger(text, out _));

    [Theory]
    [InlineData("1e-3", 0.001)]
    [InlineData("3e-4", 3e-4)]
    [InlineData("3.3M", 3.3e6)]
    [InlineData("3%", 0.03)]
    [InlineData(".5", 0.5)]
    [InlineData("1.", 1)]
    [InlineData("+2", 2)]
    [InlineData("6e20k", 6e23)]
    public void Numbers_are_what_they_look_like(string text, double expected)
    {
        Assert.True(NumberText.TryNumber(text, out double value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("nan")]
    [InlineData(".inf")]
    [InlineData("1e999")]
    [InlineData("1e")]
    [InlineData("--1")]
    public void What_is_no_finite_number_is_refused(string text) => Assert.False(NumberText.TryNumber(text, out _));

    [Theory]
    [InlineData("250ms", 0.25)]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172_800)]
    [InlineData("1.5h", 5400)]
    [InlineData("0", 0)]
    public void Durations_are_units_from_large_to_small(string text, double seconds)
    {
        Assert.True(DurationText.TryParse(text, out TimeSpan value));
        Assert.Equal(TimeSpan.FromSeconds(seconds), value);
    }

    [Theory]
    [InlineData("30m1h")]
    [InlineData("5")]
    [InlineData("5 m")]
    [InlineData("1h1h")]
    [InlineData("-5m")]
    [InlineData("99999999999999d")]
    [InlineData("h")]
    public void Other_durations_are_refused(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Fact]
    public void Durations_and_numbers_read_back()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<long>(), ticks =>
        {
            var value = new TimeSpan(Math.Abs(ticks % TimeSpan.TicksPerDay * 40));
            Assert.True(DurationText.TryParse(DurationText.Write(value), out TimeSpan again));
            Assert.Equal(value, again);
        }).QuickCheckThrowOnFailure();
        Prop.ForAll(ArbMap.Default.ArbFor<double>(), value =>
        {
            if (!double.IsFinite(value))
                return;
            Assert.True(NumberText.TryNumber(NumberText.Write(value), out double again));
            Assert.Equal(value, again);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("LearningRate", "learning_rate")]
    [InlineData("Fp16", "fp16")]
    [InlineData("UseFP16Cache", "use_fp16_cache")]
    [InlineData("K", "k")]
    [InlineData("BitsPerByte", "bits_per_byte")]
    [InlineData("GQAHeads", "gqa_heads")]
    public void Keys_are_snake_case(string name, string key) => Assert.Equal(key, SnakeCase.Of(name));
}
