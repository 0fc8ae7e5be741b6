using System.CommandLine;
using Athanor.Cli.Recipes;
using Athanor.Inference.Loading;
using Athanor.Tensors;

namespace Athanor.Cli.ModelFiles;

/// <summary>The options that say how a model is read, for every verb that runs one.</summary>
internal sealed class ModelArguments
{
    private readonly Option<string?> _tokenizer = new("--tokenizer", "-t") { Description = "Another tokenizer than the one beside the model: a folder, a file, llama2.c's tokenizer.bin." };
    private readonly Option<string?> _type = new("--type") { Description = "f32 or bf16; by default bf16 where the weights are stored so, else f32." };
    private readonly Option<string[]> _adapters;
    private readonly Option<string> _runs = RecipeOptions.Runs();

    /// <param name="adapted">What an adapter is for.</param>
    public ModelArguments(string adapted) =>
        _adapters = new Option<string[]>("--adapter") { Description = $"A LoRA adapter: a folder with adapter_config.json and adapter_model.safetensors of PEFT, or name=folder. {adapted}" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_tokenizer, _type, _adapters, _runs])
            command.Options.Add(option);
    }

    public string Runs(ParseResult parsed) => parsed.GetRequiredValue(_runs);

    public LoadOptions Read(ParseResult parsed) => new()
    {
        Tokenizer = parsed.GetValue(_tokenizer),
        Adapters = Adapters(parsed.GetValue(_adapters) ?? []),
        Type = parsed.GetValue(_type) switch
        {
            null => null,
            "f32" => DType.F32,
            "bf16" => DType.BF16,
            var name => throw new ArgumentException($"--type is '{name}'; choose f32 or bf16."),
        },
    };

    /// <summary>The name of the adapter of a verb that uses one; null for the model itself.</summary>
    public static string? Adapter(LoadOptions load) =>
        load.Adapters.Count <= 1 ? load.Adapters.Keys.SingleOrDefault() : throw new ArgumentException($"--adapter is given {load.Adapters.Count} times; one can be used at a time. `athanor serve` takes several.");

    private static Dictionary<string, string> Adapters(string[] written)
    {
        var adapters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string one in written)
        {
            (string name, string folder) = ModelPath.Parse(one);
            if (one.StartsWith('=') || folder.Length == 0)
                throw new ArgumentException($"--adapter is '{one}'; write it as a folder or as name=folder.");
            if (!adapters.TryAdd(name, folder))
                throw new ArgumentException($"--adapter names '{name}' twice.");
        }
        return adapters;
    }
}
