using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Athanor.Tensors.Cpu;

namespace Athanor.Tensors.Tests.InstructionSets;

/// <summary>Keeps the child processes from competing with other tests for the cores.</summary>
[CollectionDefinition(nameof(InstructionSetTests), DisableParallelization = true)]
public sealed class InstructionSetCollection;

/// <summary>
/// Runs the kernel tests of this assembly again in child processes under the four instruction-set settings. The children run the
/// tests of category Isa and quick ones of every family, on their widest vectors; under category Long they run the whole suite.
/// </summary>
/// <remarks>On .NET 10 the switch is DOTNET_EnableAVX512; the older DOTNET_EnableAVX512F is ignored without a word.</remarks>
[Collection(nameof(InstructionSetTests))]
public sealed partial class InstructionSetTests
{
    /// <summary>Classes and tests that stand for their families.</summary>
    private static readonly string[] Representatives =
    [
        "Activation.GatedKernelTests.Two_tensors",
        "Attention.FlashAttentionTests.Random_settings",
        "Attention.FlashAttentionTests.Decoding_one_token",
        "Dropout.DropoutKernelTests",
        "Elementwise.BinaryKernelTests",
        "Elementwise.CopyKernelTests",
        "Elementwise.UnaryKernelTests",
        "Index.CumulativeSumKernelTests",
        "Index.IndexSelectKernelTests.Selected_rows",
        "Index.SortKernelTests",
        "Loss.CrossEntropyKernelTests.Loss_and_gradient",
        "Loss.LinearCrossEntropyKernelTests.Losses_and_gradients",
        "MatMul.GemmBf16Tests.Random_shapes",
        "MatMul.MatMulKernelTests.Random_shapes",
        "MatMul.MatMulOpTests.Products_and_gradients",
        "Norm.NormKernelTests.Backward_agrees",
        "Norm.NormKernelTests.Forward_agrees",
        "Optimizer.AdamW8KernelTests",
        "Optimizer.AdamWKernelTests",
        "Optimizer.LionAndSgdKernelTests",
        "Packed.PackedLinearTests.Products",
        "Reduction.ReductionKernelTests.Reductions_and_their_gradients",
        "Rope.RopeKernelTests",
        "Sequence.CausalConvKernelTests",
        "Sequence.SelectiveScanKernelTests",
        "Softmax.SoftmaxKernelTests",
    ];

    private const string NotHere = "FullyQualifiedName!~.InstructionSetTests.";

    [Theory]
    [InlineData("", 16)]
    [InlineData("DOTNET_EnableAVX512", 8)]
    [InlineData("DOTNET_EnableAVX2", 4)]
    [InlineData("DOTNET_EnableHWIntrinsic", 1)]
    public void Kernel_tests_pass_under_the_instruction_set(string switchedOff, int lanes)
    {
        string quick = string.Join('|', Representatives.Select(name => $"FullyQualifiedName~.{name}"));
        int passed = RunChild(switchedOff, lanes, $"(Category=Isa|{quick})&Category!=Long&{NotHere}", minutes: 5);
        int expected = Methods().Count(method => IsCategory(method, "Isa")) + Representatives.Length;
        Assert.True(passed >= expected, $"{passed} tests ran in the child process; there should be {expected} at least.");
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("", 16)]
    [InlineData("DOTNET_EnableAVX512", 8)]
    [InlineData("DOTNET_EnableAVX2", 4)]
    [InlineData("DOTNET_EnableHWIntrinsic", 1)]
    public void The_whole_suite_passes_under_the_instruction_set(string switchedOff, int lanes) =>
        RunChild(switchedOff, lanes, $"Category!=Long&{NotHere}", minutes: 60);

    private static int RunChild(string switchedOff, int lanes, string filter, int minutes)
    {
        // A child that met this test again would start children without end.
        Assert.True(Environment.GetEnvironmentVariable(ActiveInstructionSetTests.ExpectedLanes) is null, "The instruction-set tests do not run inside themselves.");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("vstest");
        start.ArgumentList.Add(typeof(InstructionSetTests).Assembly.Location);
        start.ArgumentList.Add($"--TestCaseFilter:{filter}");
        start.Environment[ActiveInstructionSetTests.ExpectedLanes] = Math.Min(lanes, CpuFeatures.Lanes).ToString(CultureInfo.InvariantCulture);
        // What the parent's test host was told does not concern the child's.
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("VSTEST", StringComparison.Ordinal) || k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        if (switchedOff.Length > 0)
            start.Environment[switchedOff] = "0";
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        Task<string> text = child.StandardOutput.ReadToEndAsync();
        if (!child.WaitForExit(TimeSpan.FromMinutes(minutes)))
        {
            child.Kill(entireProcessTree: true);
            Assert.Fail($"The child process did not end within {minutes} minutes.");
        }
        // Indented, so that nobody who counts summary lines takes the child's for one more.
        string all = (text.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult()).ReplaceLineEndings(Environment.NewLine + "  child | ");
        Assert.True(child.ExitCode == 0, $"Under {switchedOff}=0:{Environment.NewLine}{all}");
        Match summary = Summary().Match(text.GetAwaiter().GetResult());
        Assert.True(summary.Success, "The child process printed no summary.");
        return int.Parse(summary.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Every_representative_exists_and_every_family_of_kernels_has_one()
    {
        string[] names = [.. Methods().Select(method => $"{method.DeclaringType!.FullName}.{method.Name}")];
        Assert.All(Representatives, part => Assert.Contains(names, name => name.Contains("." + part, StringComparison.Ordinal)));
        // Moving bytes is covered by every other family's tests.
        Assert.All(KernelCatalog.FamilyNames.Except(["Memory"]), family => Assert.Contains(Representatives, part => part.StartsWith(family + ".", StringComparison.Ordinal)));
    }

    /// <summary>The tests of this assembly that are not long.</summary>
    private static IEnumerable<MethodInfo> Methods() =>
        typeof(InstructionSetTests).Assembly.GetTypes().SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)).Where(method =>
            method.GetCustomAttribute<FactAttribute>() is not null && !IsCategory(method, "Long"));

    private static bool IsCategory(MethodInfo method, string category) =>
        method.GetCustomAttributesData().Concat(method.DeclaringType!.GetCustomAttributesData()).Any(data =>
            data.AttributeType == typeof(TraitAttribute) && (string?)data.ConstructorArguments[1].Value == category);

    [GeneratedRegex(@"Passed:\s+(\d+)")]
    private static partial Regex Summary();
}
