using Xunit.Sdk;

namespace Athanor.Tensors.Tests.Testing;

public sealed class FixtureTests
{
    [Fact]
    public void Comparison_names_the_first_and_the_worst_difference()
    {
        using TestBuffer expected = TestData.Normal(1, 100, DType.F32), actual = expected.Clone();
        Compare.Close(actual, expected, 0, 0);
        Compare.SameBytes(actual, expected);
        actual[7] += 0.5f;
        actual[63] += 2;
        var e = Assert.Throws<FailException>(() => Compare.Close(actual, expected, 1e-3, 1e-3));
        Assert.Contains("2 of 100", e.Message, StringComparison.Ordinal);
        Assert.Contains("first at 7", e.Message, StringComparison.Ordinal);
        Assert.Contains("worst at 63", e.Message, StringComparison.Ordinal);
        Assert.Throws<FailException>(() => Compare.SameBytes(actual, expected));
    }

    [Theory]
    [InlineData(float.NaN, 1f)]
    [InlineData(1f, float.NaN)]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity)]
    [InlineData(float.PositiveInfinity, 1f)]
    public void Numbers_that_are_not_finite_must_agree(float actual, float expected)
    {
        Compare.Close([actual], [actual], 0, 0);
        Assert.Throws<FailException>(() => Compare.Close([actual], [expected], 1, 1e30));
    }

    [Fact]
    public unsafe void A_write_beyond_either_end_is_noticed()
    {
        var after = new TestBuffer(3, DType.BF16);
        ((ushort*)after.Pointer)[3] = 0;
        Assert.Throws<FailException>(after.Dispose);
        var before = new TestBuffer(3, DType.F32);
        ((float*)before.Pointer)[-1] = 0;
        Assert.Throws<FailException>(before.Dispose);
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Every_device_of_the_machine_is_distinct_and_named(object device) => Assert.Contains("cpu (", device.ToString(), StringComparison.Ordinal);
}
