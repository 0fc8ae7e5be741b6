using Athanor.Tensors.Kernels;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Loss;

public sealed unsafe class LogProbAndEntropyKernelTests
{
    private static readonly CrossEntropyTerms[] AllTerms = [new() { IgnoreIndex = -100 }, new() { IgnoreIndex = -100, SoftCap = 20, Temperature = 1.5f }];

    private delegate void Kernel(CpuDevice device, in CrossEntropyArgs args);

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Log_probabilities_agree_with_the_reference(object device, DType type) =>
        AgreeWithReference((CpuDevice)device, type, LogProbKernel.Forward, LogProbKernel.Backward);

    [Theory]
    [MemberData(nameof(TestDevices.FastAndFloating), MemberType = typeof(TestDevices))]
    internal void Entropies_agree_with_the_reference(object device, DType type) =>
        AgreeWithReference((CpuDevice)device, type, EntropyKernel.Forward, EntropyKernel.Backward);

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Gradients_of_log_probabilities_agree_with_finite_differences(object device) =>
        AgreeWithDifferences((CpuDevice)device, LogProbKernel.Forward, LogProbKernel.Backward);

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Gradients_of_entropies_agree_with_finite_differences(object device) =>
        AgreeWithDifferences((CpuDevice)device, EntropyKernel.Forward, EntropyKernel.Backward);

    [Theory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    internal void Entropy_is_zero_for_certainty_and_log_n_for_none(object device)
    {
        using var problem = new CrossEntropyCase(3, 600, DType.F32);
        for (int v = 0; v < 600; v++)
        {
            problem.Logits[v] = v == 17 ? 0 : float.NegativeInfinity;
            problem.Logits[600 + v] = -1e4f;
            problem.Logits[1200 + v] = v < 2 ? 1e4f : 0;
        }
        using TestBuffer entropy = new(3, DType.F32), lse = new(3, DType.F32);
        EntropyKernel.Forward((CpuDevice)device, problem.Args(entropy, lse));
        Compare.Close(entropy.ToArray(), [0, (float)Math.Log(600), (float)Math.Log(2)], 1e-5, 1e-6);
    }

    private static void AgreeWithReference(CpuDevice device, DType type, Kernel forward, Kernel backward)
    {
        foreach ((int rows, int vocabulary) in ((int, int)[])[(1, 1), (4, 37), (9, 1500)])
        {
            foreach (CrossEntropyTerms terms in AllTerms)
            {
                using var problem = new CrossEntropyCase(rows, vocabulary, type) { Terms = terms };
                using CrossEntropyCase.Result expected = Run(problem, TestDevices.Reference, forward, backward), actual = Run(problem, device, forward, backward);
                Compare.Close(actual.Losses, expected.Losses, 3e-6, 3e-6, "values");
                Compare.Close(actual.Gradient, expected.Gradient, Compare.Tolerance(type), 2e-6, "gradient");
            }
        }
    }

    private static void AgreeWithDifferences(CpuDevice device, Kernel forward, Kernel backward)
    {
        foreach (CrossEntropyTerms terms in AllTerms)
        {
            using var problem = new CrossEntropyCase(5, 8, DType.F32, scale: 1) { Terms = terms };
            using CrossEntropyCase.Result result = Run(problem, device, forward, backward);
            using TestBuffer values = new(5, DType.F32), lse = new(5, DType.F32);
            FiniteDifferences.Check(() =>
            {
                forward(TestDevices.Reference, problem.Args(values, lse));
                return 0.25 * FiniteDifferences.Dot(values, problem.Weights!);
            }, problem.Logits, result.Gradient, what: "gradient");
        }
    }

    private static CrossEntropyCase.Result Run(CrossEntropyCase problem, CpuDevice device, Kernel forward, Kernel backward)
    {
        var result = new CrossEntropyCase.Result(new(problem.Rows, DType.F32), new(problem.Rows, DType.F32), new(problem.Logits.Length, problem.Type));
        CrossEntropyArgs args = problem.Args(result.Losses, result.LogSumExp, result.Gradient);
        forward(device, args);
        backward(device, args);
        return result;
    }
}
