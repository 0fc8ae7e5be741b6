using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Dropout;

public sealed class DropoutOpsTests
{
    private static readonly CpuDevice Cpu = TestDevices.Fast[0];

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Backward_uses_the_mask_of_forward(CpuDevice device) =>
        GradientCheck.Of(device, t => (t[0].Dropout(0.4f) * t[0]).Dropout(0.2f), [new Shape(5, 30)], what: "dropout", seed: 4);

    [Fact]
    public void The_seed_of_the_scope_decides_and_every_call_draws_anew()
    {
        float[] first = Draw(1, out float[] second), again = Draw(1, out _), other = Draw(2, out _);
        Assert.Equal(first, again);
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Probability_zero_changes_nothing()
    {
        using var step = StepScope.Begin(Cpu);
        Tensor y = Ops.Full(Cpu, new Shape(100), 2);
        Assert.Equal(y, y.Dropout(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => y.Dropout(1.5f));
    }

    [Fact]
    public void Checkpointed_blocks_draw_the_same_numbers_again()
    {
        using var step = StepScope.Begin(Cpu, seed: 9);
        Tensor x = Tensor.From(Cpu, new Shape(200), [.. Enumerable.Repeat(1f, 200)], requiresGrad: true);
        Tensor y = Ops.Checkpoint(static (p, t) => t.Dropout(p), 0.5f, x).Keep();
        y.Sum().Backward();
        Assert.Equal(y.ToArray(), x.Grad.ToArray());
    }

    private static float[] Draw(ulong seed, out float[] second)
    {
        using var step = StepScope.Begin(Cpu, seed: seed);
        Tensor x = Ops.Full(Cpu, new Shape(1000), 1, DType.BF16);
        float[] first = x.Dropout(0.5f).ToArray();
        second = x.Dropout(0.5f).ToArray();
        return first;
    }
}
