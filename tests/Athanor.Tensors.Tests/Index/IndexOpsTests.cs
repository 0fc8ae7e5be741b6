using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Index;

public sealed class IndexOpsTests
{
    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Gradients_agree_with_finite_differences(object device)
    {
        var d = (CpuDevice)device;
        GradientCheck.Of(d, x => Ops.Embedding(x[0], Tensor.From(d, new Shape(2, 3), [4, 0, 4, 2, 4, 0])), [new(5, 3)], what: "embedding");
        GradientCheck.Of(d, x => x[0].IndexSelect(1, Tensor.From(d, new Shape(4), [2, 0, 2, 2])), [new(2, 3, 4)], what: "index select");
        GradientCheck.Of(d, x => x[0].Gather(1, Tensor.From(d, new Shape(2, 2, 2), [0, 1, 2, 2, 1, 1, 1, 0])), [new(2, 3, 2)], what: "gather");
        GradientCheck.Of(d, x => x[0].ScatterAdd(-1, Tensor.From(d, new Shape(2, 4), [0, 2, 2, 1, 1, 1, 0, 1]), x[1]), [new(2, 3), new(2, 4)], what: "scatter-add");
        // The steps of the difference must not change the order: numbers far enough apart.
        GradientCheck.Of(d, x => x[0].TopK(3).Values, [new(2, 7)], inputs: Spread(), what: "top-k");
        GradientCheck.Of(d, x => x[0].Sort().Values, [new(2, 5)], inputs: Spread(), what: "sort");
        foreach (bool exclusive in (bool[])[false, true])
        {
            GradientCheck.Of(d, x => x[0].CumulativeSum(1, exclusive), [new(2, 4, 3)], what: "cumulative sum");
            GradientCheck.Of(d, x => x[0].CumulativeSum(-1, exclusive, reversed: true), [new(2, 4)], what: "reversed cumulative sum");
        }
    }

    [Fact]
    public void A_table_that_is_embedding_and_head_gets_both_gradients()
    {
        foreach (CpuDevice d in TestDevices.Fast.Append(TestDevices.Reference))
        {
            int[] ids = [1, 3, 0, 3], next = [3, 0, 3, -100];
            foreach (float? root in (float?[])[null, 1])
                GradientCheckTied(d, ids, next, root);
        }
    }

    private static void GradientCheckTied(CpuDevice d, int[] ids, int[] next, float? root)
    {
        using var table = new Parameter(d, "table", new Shape(4, 3));
        float[] values = Loss.LossOpsTests.Ramp(12);
        double Run(bool backward)
        {
            d.Upload(table, values);
            using StepScope step = StepScope.Begin(d);
            Tensor x = Ops.Embedding(table, Tensor.From(d, new Shape(4), ids));
            Tensor loss = Ops.LinearCrossEntropy(x, table, Tensor.From(d, new Shape(4), next), new() { RootGradient = backward ? root : null });
            if (backward)
                loss.Backward();
            return loss.Item();
        }
        Run(true);
        float[] gradient;
        using (StepScope.Begin(d))
            gradient = table.Gradient.ToArray();
        for (int i = 0; i < 12; i++)
        {
            float kept = values[i];
            values[i] = kept + 0.01f;
            double above = Run(false);
            values[i] = kept - 0.01f;
            double below = Run(false);
            values[i] = kept;
            Assert.Equal((above - below) / 0.02, gradient[i], 2e-3);
        }
    }

    [Fact]
    public void Bad_arguments_are_named()
    {
        CpuDevice d = TestDevices.Fast[0];
        using StepScope step = StepScope.Begin(d);
        Tensor x = Tensor.Zeros(d, new Shape(2, 3)), ids = Tensor.From(d, new Shape(2), [0, 5]);
        Assert.Contains("Index 5 at position 1 is outside the 2 rows of the embedding", Assert.Throws<ArgumentOutOfRangeException>(() => Ops.Embedding(x, ids)).Message, StringComparison.Ordinal);
        Assert.Contains("F32[2, 3]", Assert.Throws<ArgumentException>(() => Ops.Embedding(x, x)).Message, StringComparison.Ordinal);
        Assert.Contains("I32[2]", Assert.Throws<ArgumentException>(() => x.Gather(0, ids)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => x.IndexSelect(0, x));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.TopK(4));
    }

    [Fact]
    public void Strided_inputs_give_what_dense_ones_give()
    {
        foreach (CpuDevice d in TestDevices.Fast)
        {
            using StepScope step = StepScope.Begin(d);
            Tensor x = Tensor.From(d, new Shape(3, 4), Loss.LossOpsTests.Ramp(12)).Transpose(0, 1), dense = x.Contiguous();
            Tensor ids = Tensor.From(d, new Shape(2), [3, 1]);
            Assert.Equal(dense.IndexSelect(0, ids).ToArray(), x.IndexSelect(0, ids).ToArray());
            Assert.Equal(dense.Sort(true).Values.ToArray(), x.Sort(true).Values.ToArray());
            Assert.Equal(dense.CumulativeSum(0).ToArray(), x.CumulativeSum(0).ToArray());
            Assert.Equal(Ops.Embedding(dense, ids).ToArray(), Ops.Embedding(x, ids).ToArray());
        }
    }

    private static Func<float, float> Spread()
    {
        int n = 0;
        return _ => (n++ * 7 % 11) - 4;
    }
}
