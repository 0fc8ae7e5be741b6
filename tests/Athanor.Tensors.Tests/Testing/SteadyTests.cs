using Xunit.Sdk;

namespace Athanor.Tensors.Tests.Testing;

public sealed class SteadyTests
{
    private object? _kept;

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void An_action_that_keeps_allocating_is_caught(int callsBetween)
    {
        int calls = 0;
        Assert.Throws<FailException>(() => Steady.AllocatesNothing(() => _kept = calls++ % callsBetween == 0 ? new object() : null));
        Assert.True(calls > 5);
    }

    [Fact]
    public void What_is_allocated_once_does_not_count()
    {
        int calls = 0;
        Steady.AllocatesNothing(() =>
        {
            if (calls++ == 4)
                _kept = new object();
        });
        Assert.NotNull(_kept);
    }
}
