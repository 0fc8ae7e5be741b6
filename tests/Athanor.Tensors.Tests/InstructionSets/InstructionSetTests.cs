using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Athanor.Tensors.Cpu;
using Xunit.Abstractions;

namespace Athanor.Tensors.Tests.InstructionSets;

/// <summary>Keeps the child processes from competing with other tests for the cores.</summary>
[CollectionDefinition(nameof(InstructionSetTests), DisableParallelization = true)]
public sealed class InstructionSetCollection;

/// <summary>
/// Runs the kernel tests of this assembly again in child processes under the four instruction-set settings. The children run the
/// tests of category Isa (quick ones of every family); under category Long they run the whole suite.
/// </summary>
/// <remarks>On .NET 10 the switch is DOTNET_EnableAVX512; the older DOTNET_EnableAVX512F is ignored without a word.</remarks>
[Collection(nameof(InstructionSetTests))]
public sealed partial class InstructionSetTests(ITestOutputHelper output)
{
    private const string NotHere = "FullyQualifiedName!~.InstructionSetTests.";

    [Theory]
    [InlineData("", 16)]
    [InlineData("DOTNET_EnableAVX512", 8)]
    [InlineData("DOTNET_EnableAVX2", 4)]
    [InlineData("DOTNET_EnableHWIntrinsic", 1)]
    public void Kernel_tests_pass_under_the_instruction_set(string switchedOff, int lanes)
    {
        int passed = RunChild(switchedOff, lanes, $"Category=Isa&Category!=Long&{NotHere}", minutes: 5);
        Assert.True(passed >= CountIsaTests(), $"{passed} tests ran in the child process, {CountIsaTests()} methods are of category Isa.");
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("", 16)]
    [InlineData("DOTNET_EnableAVX512", 8)]
    [InlineData("DOTNET_EnableAVX2", 4)]
    [InlineData("DOTNET_EnableHWIntrinsic", 1)]
    public void The_whole_suite_passes_under_the_instruction_set(string switchedOff, int lanes) =>
        RunChild(switchedOff, lanes, $"Category!=Long&{NotHere}", minutes: 60);

    private int RunChild(string switchedOff, int lanes, string filter, int minutes)
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
        output.WriteLine(text.GetAwaiter().GetResult());
        Assert.True(child.ExitCode == 0, $"Under {switchedOff}=0:{Environment.NewLine}{text.GetAwaiter().GetResult()}{errors.GetAwaiter().GetResult()}");
        Match summary = Summary().Match(text.GetAwaiter().GetResult());
        Assert.True(summary.Success, "The child process printed no summary.");
        return int.Parse(summary.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static int CountIsaTests() =>
        typeof(InstructionSetTests).Assembly.GetTypes().SelectMany(type => type.GetMethods()).Count(method =>
            method.GetCustomAttribute<FactAttribute>() is { Skip: null } && IsCategory(method, "Isa") && !IsCategory(method, "Long"));

    private static bool IsCategory(MethodInfo method, string category) =>
        method.GetCustomAttributesData().Concat(method.DeclaringType!.GetCustomAttributesData()).Any(data =>
            data.AttributeType == typeof(TraitAttribute) && (string?)data.ConstructorArguments[1].Value == category);

    [GeneratedRegex(@"Passed:\s+(\d+)")]
    private static partial Regex Summary();
}
