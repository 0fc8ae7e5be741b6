using System.CommandLine;
using System.Text.Json;
using Athanor.Models.Accounting;
using Athanor.Models.Configuration;
using Athanor.Runs.Settings;
using Athanor.Training.ModelFiles;
using Athanor.Training.Planning;

namespace Athanor.Cli.Plan;

/// <summary>The verb <c>athanor plan</c>.</summary>
internal static class PlanCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private static readonly bool[] Recompute = [true, false];

    public static Command Create(TextWriter output)
    {
        var model = new Option<string?>("--model") { Description = $"A known size ({string.Join(", ", KnownModels.All.Keys)}), or a model: a folder, a config.json, a llama2.c .bin, a run's folder." };
        var layers = new Option<int?>("--layers") { Description = "Instead of --model: layers of a Llama-like model." };
        var width = new Option<int?>("--width") { Description = "With --layers: its width; 64 a layer by default." };
        Option<double> vocabulary = Number("--vocabulary", "With --layers: tokens of its vocabulary.", 32_768);
        Option<double> tokens = Number("--tokens", "Training tokens: 300B. Left out: 20 a parameter.", 0);
        Option<double> sequence = Number("--sequence", "Tokens of a row; the model's context by default.", 0);
        var rows = new Option<int>("--rows") { Description = "Rows of a device's micro-batch.", DefaultValueFactory = _ => 1 };
        var machine = new Option<string>("--machine") { Description = $"The device: {string.Join(", ", MachineSpec.All.Select(spec => spec.Name))}.", DefaultValueFactory = _ => "h100" };
        Option<double> peak = Number("--peak", "Instead of the machine's: operations a second of a device: 120T.", 0);
        Option<double> room = Number("--memory", "Instead of the machine's: bytes of a device: 24G.", 0);
        Option<double> watts = Number("--watts", "Instead of the machine's: watts of a device under load.", 0);
        Option<double> devices = Number("--devices", "How many.", 1);
        Option<double> utilization = Number("--utilization", "The share of the peak that training reaches: 40%.", 0.4);
        Option<double> price = Number("--price", "Dollars an hour of a device.", 0);
        Option<double> carbon = Number("--carbon", "Grams of CO2 a kilowatt-hour.", 400);
        Option<double> overhead = Number("--power-overhead", "Watts at the meter for each watt of a device.", 1.3);
        Option<double> budget = Number("--budget", "Instead of a model: floating-point operations, whose best model size is told: 1e21.", 0);
        Option<double> days = Number("--days", "Instead of --budget: the operations that the devices make in so many days.", 0);
        Option<double> served = Number("--served", "With --budget or --days: tokens that the model will read or write after training.", 0);
        var law = new Option<string>("--law") { Description = "With --budget or --days: the scaling law, epoch or hoffmann.", DefaultValueFactory = _ => "epoch" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("plan", """
            Says what a training takes: parameters, operations, memory, time, cost, carbon; or the best size for a budget.

            Examples:
              athanor plan --model llama3-405b --tokens 15.6T --machine h100 --devices 16k --utilization 38%
              athanor plan --layers 12 --tokens 5B --machine a100 --devices 8
              athanor plan --model my-model/config.json --tokens 1B --peak 120T --memory 24G --watts 350
              athanor plan --budget 1e21 --served 1T
              athanor plan --days 7 --machine h100 --devices 8
            """) { model, layers, width, vocabulary, tokens, sequence, rows, machine, peak, room, watts, devices, utilization, price, carbon, overhead, budget, days, served, law, json };
        command.Subcommands.Add(CoordinatesCommand.Create(output));
        command.SetAction(parsed =>
        {
            bool asJson = parsed.GetValue(json);
            MachineSpec spec = MachineSpec.ByName(parsed.GetRequiredValue(machine));
            if (Given(parsed, peak) is not null || Given(parsed, room) is not null || Given(parsed, watts) is not null)
                spec = spec with { Name = "own", PeakFlops = Given(parsed, peak) ?? spec.PeakFlops, Memory = Given(parsed, room) ?? spec.Memory, Watts = Given(parsed, watts) ?? spec.Watts };
            var assumptions = new PlanAssumptions
            {
                Tokens = 0,
                Devices = (int)parsed.GetValue(devices),
                Utilization = parsed.GetValue(utilization),
                DollarsAnHour = Given(parsed, price),
                GramsAKilowattHour = parsed.GetValue(carbon),
                PowerOverhead = parsed.GetValue(overhead),
            };
            if (Given(parsed, budget) is not null && Given(parsed, days) is not null)
                throw new ArgumentException("Give --budget or --days, not both.");
            if ((Given(parsed, budget) ?? (Given(parsed, days) is { } time ? spec.OperationsIn(time, assumptions.Devices, assumptions.Utilization) : null)) is { } flops)
            {
                ScalingLaw scaling = ScalingLaw.ByName(parsed.GetRequiredValue(law));
                BudgetPlan best = BudgetPlan.Of(scaling, flops, Given(parsed, served) ?? 0, spec, assumptions);
                if (asJson)
                    output.WriteLine(JsonSerializer.Serialize(new { budget = flops, law = scaling.Name, best.Optimum, best.OptimumPlan, best.WithInference, best.WithInferencePlan, machine = spec }, Json));
                else
                    PlanView.Budget(flops, scaling, best, assumptions, spec, output);
                return Tool.Success;
            }
            ModelConfig config = Model(parsed.GetValue(model), parsed.GetValue(layers), parsed.GetValue(width), (int)parsed.GetValue(vocabulary), (int)parsed.GetValue(sequence));
            ModelSize size = ModelSize.Of(config);
            assumptions = assumptions with { Tokens = Given(parsed, tokens) ?? 20.0 * size.Parameters, Sequence = (int)(Given(parsed, sequence) ?? config.ContextLength) };
            TrainingPlan plan = TrainingPlan.Of(config, spec, assumptions);
            (string Name, MemoryPlan Memory)[] memory = [.. from recompute in Recompute
                                                            from stage in Enum.GetValues<ZeroStage>()
                                                            select ($"ZeRO-{(int)stage}{(recompute ? ", recompute" : "")}", MemoryPlan.Of(config, stage, assumptions.Devices, parsed.GetValue(rows), assumptions.Sequence, recompute))];
            if (asJson)
                output.WriteLine(JsonSerializer.Serialize(new { size, assumptions, machine = spec, plan, memory = memory.ToDictionary(entry => entry.Name, entry => entry.Memory) }, Json));
            else
                PlanView.Write(size, assumptions, spec, plan, memory, output);
            return Tool.Success;
        });
        return command;
    }

    private static double? Given(ParseResult parsed, Option<double> option) => parsed.GetValue(option) is > 0 and double value ? value : null;

    private static ModelConfig Model(string? model, int? layers, int? width, int vocabulary, int sequence)
    {
        if (model is not null && layers is not null)
            throw new ArgumentException("Give --model or --layers, not both.");
        if (layers is { } depth)
            return KnownModels.Sized(depth, width, vocabulary, sequence > 0 ? sequence : 2048);
        if (model is null)
            throw new ArgumentException("Give --model, --layers, --budget or --days. `athanor plan --help` has examples.");
        return Directory.Exists(model) || File.Exists(model) ? ModelPlace.Find(model).ReadConfig() : KnownModels.ByName(model);
    }

    private static Option<double> Number(string name, string description, double value) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => value,
        CustomParser = result =>
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (!NumberText.TryNumber(text, out double number) || number < 0)
                result.AddError($"{name} is '{text}'; write a number such as 300B, 1e21 or 40%.");
            return number;
        },
    };
}
