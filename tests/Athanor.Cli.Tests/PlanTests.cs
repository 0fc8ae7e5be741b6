using System.Text.Json;
using Athanor.Models.Accounting;
using Athanor.Training.Planning;

namespace Athanor.Cli.Tests;

public sealed class PlanTests
{
    [Theory]
    [InlineData("gpt2-124m", 124_439_808)]
    [InlineData("llama2-7b", 6_738_415_616)]
    [InlineData("llama3-8b", 8_030_261_248)]
    [InlineData("llama3-70b", 70_553_706_496)]
    [InlineData("llama3-405b", 405_853_388_800)]
    public void Known_sizes_have_their_published_parameters(string name, long parameters) =>
        Assert.Equal(parameters, ModelSize.Of(KnownModels.ByName(name)).Parameters);

    [Fact]
    public void The_coordinate_check_is_told_for_both_parametrizations()
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        Assert.Equal(Tool.Success, Tool.Run(["plan", "coordinates", "--width", "32", "--width", "128", "--depth", "1"], output, errors));
        Assert.Contains("After 4 steps muP passes", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("Without muP it fails", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(Tool.Usage, Tool.Run(["plan", "coordinates", "--width", "32", "--width", "40"], output, errors));
        Assert.Contains("multiples of 16", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Llama_3_405b_takes_what_its_report_says()
    {
        // The report: 15.6T tokens, 3.8e25 operations, up to 16k H100 at 38 to 43 %; the model card: 30.84M GPU hours.
        TrainingPlan plan = TrainingPlan.Of(KnownModels.ByName("llama3-405b"), MachineSpec.ByName("h100"), new PlanAssumptions { Tokens = 15.6e12, Devices = 16384, Utilization = 0.38, Sequence = 8192 });
        Assert.InRange(plan.Flops, 3.75e25, 3.85e25);
        Assert.InRange(plan.ExactFlops, plan.Flops, 1.1 * plan.Flops);
        Assert.InRange(plan.Hours / 24, 65, 85);
        Assert.InRange(plan.DeviceHours, 27e6, 33e6);
    }

    [Fact]
    public void Memory_follows_the_table_of_zero()
    {
        var config = KnownModels.ByName("llama2-7b");
        double parameters = ModelSize.Of(config).Parameters;
        foreach ((ZeroStage stage, double bytes) in new[] { (ZeroStage.None, 16.0), (ZeroStage.Optimizer, 4 + 12.0 / 64), (ZeroStage.Gradients, 2 + 14.0 / 64), (ZeroStage.Weights, 16.0 / 64) })
        {
            MemoryPlan memory = MemoryPlan.Of(config, stage, 64, 1, 4096, recompute: true);
            Assert.Equal(bytes * parameters, memory.Weights + memory.Gradients + memory.Optimizer, 1e-6 * bytes * parameters);
        }
        Assert.True(MemoryPlan.Of(config, ZeroStage.None, 1, 1, 4096, recompute: true).Activations < MemoryPlan.Of(config, ZeroStage.None, 1, 1, 4096, recompute: false).Activations / 5);
    }

    [Theory]
    [InlineData("epoch", 1e21)]
    [InlineData("hoffmann", 5.76e23)]
    [InlineData("epoch", 1e16)]
    public void No_other_size_of_a_budget_has_a_lower_loss(string name, double budget)
    {
        ScalingLaw law = ScalingLaw.ByName(name);
        TrainingSize best = law.Optimum(budget);
        Assert.Equal(budget, best.Flops, budget * 1e-9);
        for (double factor = 0.1; factor < 10; factor *= 1.1)
            Assert.True(law.Loss(best.Parameters * factor, best.Tokens / factor) >= best.Loss - 1e-12);
    }

    [Fact]
    public void Chinchillas_budget_gives_about_twenty_tokens_a_parameter()
    {
        TrainingSize best = ScalingLaw.Epoch.Optimum(5.76e23);
        Assert.InRange(best.Tokens / best.Parameters, 15, 30);
        Assert.InRange(best.Parameters, 55e9, 85e9);
    }

    [Fact]
    public void What_is_served_much_should_be_smaller_and_learn_longer()
    {
        TrainingSize best = ScalingLaw.Epoch.Optimum(1e22), little = ScalingLaw.Epoch.OptimumWithInference(1e22, 0), much = ScalingLaw.Epoch.OptimumWithInference(1e22, 1e13);
        Assert.Equal(best.Parameters, little.Parameters, best.Parameters * 1e-3);
        Assert.True(much.Parameters < 0.7 * best.Parameters);
        Assert.Equal(best.Loss, ScalingLaw.Epoch.Loss(much.Parameters, much.Tokens), 1e-6);
        Assert.True(much.Flops + 2 * much.Parameters * 1e13 < best.Flops + 2 * best.Parameters * 1e13);
    }

    [Fact]
    public void The_verb_shows_all_of_it_and_reads_numbers_as_people_write_them()
    {
        var (code, output, errors) = Run("plan", "--model", "llama3-405b", "--tokens", "15.6T", "--devices", "16Ki", "--utilization", "38%");
        Assert.Equal((Tool.Success, ""), (code, errors));
        Assert.Contains("405,853,388,800", output, StringComparison.Ordinal);
        Assert.Contains("3.80e25", output, StringComparison.Ordinal);
        Assert.Contains("ZeRO-3", output, StringComparison.Ordinal);
        JsonElement json = JsonDocument.Parse(Run("plan", "--layers", "12", "--json").Output).RootElement;
        Assert.True(json.GetProperty("plan").GetProperty("flops").GetDouble() > 1e15);
        Assert.Equal(Tool.Usage, Run("plan", "--budget", "1e20", "--days", "3").Code);
        var (_, _, unknown) = Run("plan", "--layers", "2", "--machine", "abacus");
        Assert.Contains("Choose h100", unknown, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", unknown, StringComparison.Ordinal);
        Assert.Contains("a parameter", Run("plan", "--budget", "1e21", "--served", "1T").Output, StringComparison.Ordinal);
        Assert.Equal(Tool.Usage, Run("plan").Code);
        Assert.Equal(Tool.Usage, Run("plan", "--model", "gpt5").Code);
        Assert.Equal(Tool.Usage, Run("plan", "--layers", "12", "--tokens", "many").Code);
    }

    [Fact]
    public void The_verb_repeats_the_arithmetic_of_llama_3_405b()
    {
        // The report's table of 16,384 H100 at rows of 8,192: 41 % of the peak. Its training: 3.8e25 operations; the model card: 30.84M GPU hours.
        JsonElement plan = JsonDocument.Parse(Run("plan", "--model", "llama3-405b", "--tokens", "15.6T", "--machine", "h100", "--devices", "16Ki", "--utilization", "41%", "--json").Output).RootElement.GetProperty("plan");
        Assert.InRange(plan.GetProperty("flops").GetDouble(), 3.75e25, 3.85e25);
        Assert.InRange(plan.GetProperty("hours").GetDouble() / 24, 68, 74);
        Assert.InRange(plan.GetProperty("device_hours").GetDouble(), 27e6, 32e6);
    }

    [Fact]
    public void A_device_of_ones_own_and_a_time_are_a_budget()
    {
        string[] own = ["--peak", "100T", "--memory", "24G", "--watts", "500", "--devices", "4", "--utilization", "50%", "--price", "2", "--power-overhead", "1", "--carbon", "100", "--json"];
        JsonElement json = JsonDocument.Parse(Run(["plan", "--days", "10", "--served", "1T", .. own]).Output).RootElement;
        Assert.Equal(10 * 86_400 * 100e12 * 4 * 0.5, json.GetProperty("budget").GetDouble(), 1e6);
        JsonElement plan = json.GetProperty("optimum_plan");
        Assert.Equal(240, plan.GetProperty("hours").GetDouble(), 1e-6);
        Assert.Equal(960, plan.GetProperty("device_hours").GetDouble(), 1e-6);
        Assert.Equal(1920, plan.GetProperty("dollars").GetDouble(), 1e-6);
        Assert.Equal(480, plan.GetProperty("kilowatt_hours").GetDouble(), 1e-6);
        Assert.Equal(48, plan.GetProperty("carbon_kilograms").GetDouble(), 1e-6);
        Assert.True(json.GetProperty("with_inference_plan").GetProperty("hours").GetDouble() > 240);
        Assert.Contains("more than 24.0GB", Run(["plan", "--model", "llama2-7b", .. own[..^1]]).Output, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (Tool.Run(args, output, errors), output.ToString(), errors.ToString());
    }
}
