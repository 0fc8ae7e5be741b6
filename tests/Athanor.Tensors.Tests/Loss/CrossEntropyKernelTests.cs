using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;
using FsCheck;
using FsCheck.Fluent;
using TestData = Athanor.Tensors.Tests.Testing.TestData;

namespace Athanor.Tensors.Tests.Loss;

public sealed unsafe class CrossEntropyKernelTests
{
    private static readonly CrossEntropyTerms[] AllTerms =
    [
        new() { IgnoreIndex = -100 },
        new() { IgnoreIndex = -100, LabelSmoothing = 0.1f, ZLoss = 1e-3f },
        new() { IgnoreIndex = -100, SoftCap = 15, Temperature = 0.7f, LabelSmoothing = 0.05f, ZLoss = 1e-2f },
        new() { IgnoreIndex = -100, Temperature = 2 },
    ];

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Loss_and_gradient_agree_with_the_reference(object device, DType type)
    {
        foreach ((int rows, int vocabulary) in ((int, int)[])[(1, 1), (7, 2), (3, 17), (5, 1021), (2, 5003), (70, 33)])
        {
            foreach (CrossEntropyTerms terms in AllTerms)
            {
                using var problem = new CrossEntropyCase(rows, vocabulary, type) { Terms = terms };
                using CrossEntropyCase.Result expected = problem.Run(TestDevices.Reference), actual = problem.Run((CpuDevice)device);
                Compare.Close(actual.Losses, expected.Losses, 2e-6, 3e-6, "losses");
                Compare.Close(actual.LogSumExp, expected.LogSumExp, 1e-6, 1e-6, "lse");
                Compare.Close(actual.Gradient, expected.Gradient, Compare.Tolerance(type), 1e-6, "gradient");
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Gradient_agrees_with_finite_differences(object device)
    {
        foreach (CrossEntropyTerms terms in AllTerms)
        {
            using var problem = new CrossEntropyCase(6, 9, DType.F32, scale: 1) { Terms = terms };
            using CrossEntropyCase.Result result = problem.Run((CpuDevice)device);
            FiniteDifferences.Check(() => Objective(problem), problem.Logits, result.Gradient, what: $"gradient with {terms.LabelSmoothing} {terms.ZLoss} {terms.SoftCap}");
        }
    }

    private static double Objective(CrossEntropyCase problem)
    {
        using TestBuffer losses = new(problem.Rows, DType.F32), lse = new(problem.Rows, DType.F32);
        CrossEntropyArgs args = problem.Args(losses, lse);
        CrossEntropyKernel.Forward(TestDevices.Reference, args);
        return args.Scale * CrossEntropyKernel.Total(args.Targets, args.Weights, args.Losses, args.Rows, args.Terms.IgnoreIndex).Loss;
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Random_shapes_agree_with_the_reference(object device, DType type)
    {
        Gen<(int Rows, int Vocabulary, int Seed)> shapes =
            from rows in Gen.Choose(1, 20)
            from vocabulary in Gen.Choose(1, 2100)
            from seed in Gen.Choose(0, 1 << 20)
            select (rows, vocabulary, seed);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(12), Prop.ForAll(shapes.ToArbitrary(), shape =>
        {
            using var problem = new CrossEntropyCase(shape.Rows, shape.Vocabulary, type, shape.Seed, scale: 1 + shape.Seed % 8);
            using CrossEntropyCase.Result expected = problem.Run(TestDevices.Reference), actual = problem.Run((CpuDevice)device);
            Compare.Close(actual.Losses, expected.Losses, 2e-6, 3e-6, $"losses of {shape}");
            Compare.Close(actual.Gradient, expected.Gradient, Compare.Tolerance(type), 2e-6, $"gradient of {shape}");
        }));
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Rows_that_do_not_count_have_loss_and_gradient_zero_whatever_their_logits(object device)
    {
        using var problem = new CrossEntropyCase(4, 100, DType.F32);
        for (int i = 0; i < 400; i++)
            problem.Logits[i] = i % 3 == 0 ? float.NaN : float.PositiveInfinity;
        for (int i = 0; i < 4; i++)
        {
            problem.Targets[i] = i == 1 ? 7 : CrossEntropyCase.Ignore;
            problem.Weights![i] = i == 1 ? 0 : 1;
        }
        using CrossEntropyCase.Result result = problem.Run((CpuDevice)device);
        Compare.Close(result.Losses.ToArray(), new float[4], 0, 0, "losses");
        Compare.Close(result.Gradient.ToArray(), new float[400], 0, 0, "gradient");
        LossTotals totals = CrossEntropyKernel.Total(problem.Targets.I32, problem.Weights!.F32, result.Losses.F32, 4, CrossEntropyCase.Ignore);
        Assert.Equal((0, 0, 1), (totals.Loss, totals.Weight, totals.Count));
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Rows_whose_later_logits_rise_agree_with_the_reference(object device, DType type)
    {
        const int vocabulary = 9001, from = 4500;
        float[] rises = [1, 5, 10, 12, 40, 90, 200, 5000, -200, float.PositiveInfinity, float.NegativeInfinity, float.NaN];
        using var problem = new CrossEntropyCase(rises.Length + 1, vocabulary, type, scale: 2, weighted: false);
        for (int i = 0; i < rises.Length; i++)
        {
            for (int v = from; v < vocabulary; v++)
                problem.Logits[(long)i * vocabulary + v] += rises[i];
        }
        for (int v = 0; v < from; v++)
            problem.Logits[(long)rises.Length * vocabulary + v] = float.NegativeInfinity;
        using CrossEntropyCase.Result expected = problem.Run(TestDevices.Reference), actual = problem.Run((CpuDevice)device);
        Compare.Close(actual.LogSumExp, expected.LogSumExp, 1e-6, 1e-6, "lse");
        Compare.Close(actual.Losses, expected.Losses, 1e-6, 3e-4, "losses");
        Compare.Close(actual.Gradient, expected.Gradient, Compare.Tolerance(type), 1e-5, "gradient");
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Huge_infinite_and_missing_logits_do_as_the_reference_does(object device, DType type)
    {
        using var problem = new CrossEntropyCase(9, 2500, type, scale: 1e4, weighted: false);
        for (int i = 0; i < 9; i++)
            problem.Targets[i] = 40 * i;
        Span<long> row = [0, 2500, 5000, 7500, 10000, 12500, 15000, 17500, 20000];
        for (int v = 0; v < 2500; v++)
        {
            if (v < 2000)
                problem.Logits[row[1] + v] = float.NegativeInfinity;
            if (v % 2 == 1)
                problem.Logits[row[2] + v] = float.NegativeInfinity;
            problem.Logits[row[3] + v] = float.NegativeInfinity;
            problem.Logits[row[7] + v] = 1e4f;
            problem.Logits[row[8] + v] = v == 320 ? 5 : float.NegativeInfinity;
        }
        problem.Logits[row[4] + 1200] = float.PositiveInfinity;
        problem.Logits[row[5] + 2499] = float.NaN;
        problem.Logits[row[6]] = float.NaN;
        using CrossEntropyCase.Result expected = problem.Run(TestDevices.Reference), actual = problem.Run((CpuDevice)device);
        Compare.Close(actual.LogSumExp, expected.LogSumExp, 1e-6, 1e-6, "lse");
        // A loss is a difference of numbers near 1e4.
        Compare.Close(actual.Losses, expected.Losses, 1e-6, 2e-3, "losses");
        Compare.Close(actual.Gradient, expected.Gradient, Compare.Tolerance(type), 1e-3, "gradient");
        Assert.Equal(0, actual.Losses[8], 1e-6);
        Assert.Equal(Math.Log(2500), actual.Losses[7], 1e-2);
        Assert.All((int[])[4, 5, 6], i => Assert.True(float.IsNaN(actual.Losses[i])));
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void The_gradient_may_overwrite_the_logits(object device, DType type)
    {
        using var problem = new CrossEntropyCase(13, 1111, type) { Terms = AllTerms[2] };
        using CrossEntropyCase.Result expected = problem.Run((CpuDevice)device);
        using TestBuffer losses = new(13, DType.F32), lse = new(13, DType.F32);
        CrossEntropyArgs args = problem.Args(losses, lse, problem.Logits);
        CrossEntropyKernel.Forward((CpuDevice)device, args);
        CrossEntropyKernel.Backward((CpuDevice)device, args);
        Compare.SameBytes(problem.Logits, expected.Gradient);
    }

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Results_do_not_depend_on_the_number_of_threads(object device, DType type)
    {
        using var problem = new CrossEntropyCase(50, 3001, type) { Terms = AllTerms[1] };
        using CrossEntropyCase.Result one = problem.Run(TestDevices.WithThreads((CpuDevice)device, 1)), three = problem.Run(TestDevices.WithThreads((CpuDevice)device, 3));
        Compare.SameBytes(three.Losses, one.Losses);
        Compare.SameBytes(three.Gradient, one.Gradient);
    }

    [Fact]
    public void A_target_outside_the_vocabulary_is_named()
    {
        using TestBuffer targets = TestData.From([1, -100, 50], DType.I32);
        CrossEntropyKernel.CheckTargets(targets.I32, 3, 51, -100);
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => CrossEntropyKernel.CheckTargets(targets.I32, 3, 50, -100));
        Assert.Contains("Target 50 of row 2", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => CrossEntropyKernel.CheckTargets(targets.I32, 3, 51, -1));
    }

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Nothing_is_allocated(object device)
    {
        if (device == TestDevices.Reference)
            return;
        using var problem = new CrossEntropyCase(20, 900, DType.BF16);
        using TestBuffer losses = new(20, DType.F32), lse = new(20, DType.F32), gradient = new(20 * 900, DType.BF16);
        Steady.AllocatesNothing(() =>
        {
            CrossEntropyArgs args = problem.Args(losses, lse, gradient);
            CrossEntropyKernel.Forward((CpuDevice)device, args);
            CrossEntropyKernel.Backward((CpuDevice)device, args);
        });
    }
}
