using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Rope;

public sealed class RotateOpsTests
{
    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Gradients_agree_with_differences(CpuDevice device)
    {
        using var table = new RotaryTable(device, 12, 6);
        foreach (bool interleaved in (bool[])[false, true])
        {
            // Two heads of 8 turn (6 of their dimensions), the last 8 columns pass.
            GradientCheck.Of(device, t => t[0].Rotate(table, 2, 8, interleaved, offset: 3), [new Shape(2, 4, 24)], what: "rotate");
            GradientCheck.Of(device, t => (t[0] * 1f).Rotate(table, 2, 8, interleaved, consume: true), [new Shape(2, 4, 24)], what: "rotate in place");
        }
    }

    [Fact]
    public void In_place_gives_the_same_bytes_and_takes_the_input()
    {
        CpuDevice cpu = TestDevices.Fast[0];
        using var table = new RotaryTable(cpu, 16, 32, theta: 500000, positionScale: 2);
        using var step = StepScope.Begin(cpu);
        Tensor x = Tensor.Empty(cpu, new Shape(2, 16, 96), DType.BF16);
        RandomFill.Normal(x, 0, 1, 5);
        Tensor y = x.Rotate(table, 2, 32);
        float[] expected = y.ToArray();
        Tensor z = x.Rotate(table, 2, 32, consume: true);
        Assert.Equal(expected, z.ToArray());
        Assert.Throws<InvalidOperationException>(() => x.ToArray());
        Tensor kept = Tensor.Zeros(cpu, new Shape(1, 2, 32)).Keep();
        kept.Rotate(table, 1, 32, consume: true);
        Assert.Equal(64, kept.ToArray().Length);
    }

    [Fact]
    public void Positions_beyond_the_table_are_refused()
    {
        CpuDevice cpu = TestDevices.Fast[0];
        using var table = new RotaryTable(cpu, 4, RotaryTable.Frequencies(4));
        using var step = StepScope.Begin(cpu);
        Tensor x = Tensor.Zeros(cpu, new Shape(1, 3, 4));
        Assert.Throws<ArgumentException>(() => x.Rotate(table, 1, 4, offset: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.Rotate(table, 1, 4, positions: Tensor.From(cpu, new Shape(3), [0, 4, 1])));
        Assert.Throws<ArgumentException>(() => x.Rotate(table, 2, 4));
        x.Rotate(table, 1, 4, positions: Tensor.From(cpu, new Shape(3), [0, 3, 1]));
    }
}
