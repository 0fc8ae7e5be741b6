using System.CommandLine;
using Athanor.Cli.Recipes;
using Athanor.Inference.Running;
using Athanor.Tensors;

namespace Athanor.Cli.Serve;

/// <summary>The options that say how models are loaded, for every verb that does.</summary>
internal sealed class LoadArguments
{
    private readonly Option<string?> _tokenizer = new("--tokenizer", "-t") { Description = "Another tokenizer than the one beside the model." };
    private readonly Option<string?> _type = new("--type") { Description = "f32 or bf16; by default bf16 where the weights are stored so, else f32." };
    private readonly Option<string?> _template = new("--chat-template") { Description = "A file with a chat template, or a built-in one by name: chatml, llama2, llama3, mistral, zephyr, alpaca, plain. By default the model's own." };
    private readonly Option<int> _context = new("--context") { Description = "Most tokens of a prompt and its answer; 0 for the model's own limit." };
    private readonly Option<double> _cache = new("--cache-gib") { Description = "Memory of the key-value cache in GiB.", DefaultValueFactory = _ => 1 };
    private readonly Option<string[]> _adapters = new("--adapter") { Description = "A LoRA adapter as name=folder (adapter_config.json and adapter_model.safetensors of PEFT); answers under its name as a model of its own. Repeatable; for one model." };
    private readonly Option<string> _runs = RecipeOptions.Runs();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_tokenizer, _type, _template, _context, _cache, _adapters, _runs])
            command.Options.Add(option);
    }

    public ServedLoading Read(ParseResult parsed)
    {
        double cache = parsed.GetValue(_cache);
        if (!(cache is > 0 and < 1 << 20))
            throw new ArgumentException($"--cache-gib is {cache}; give a number above 0.");
        int context = parsed.GetValue(_context);
        return new ServedLoading
        {
            Runs = parsed.GetRequiredValue(_runs),
            Tokenizer = parsed.GetValue(_tokenizer),
            ChatTemplate = parsed.GetValue(_template),
            Adapters = Adapters(parsed.GetValue(_adapters) ?? []),
            Type = parsed.GetValue(_type) switch
            {
                null => null,
                "f32" => DType.F32,
                "bf16" => DType.BF16,
                var name => throw new ArgumentException($"--type is '{name}'; choose f32 or bf16."),
            },
            Engine = new EngineOptions { CacheBytes = (long)(cache * (1L << 30)), ContextLength = context >= 0 ? context : throw new ArgumentException($"--context is {context}; give 0 or more.") },
        };
    }

    private static Dictionary<string, string> Adapters(string[] written)
    {
        var adapters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string one in written)
        {
            int at = one.IndexOf('=', StringComparison.Ordinal);
            if (at < 1 || at == one.Length - 1)
                throw new ArgumentException($"--adapter is '{one}'; write it as name=folder.");
            if (!adapters.TryAdd(one[..at], one[(at + 1)..]))
                throw new ArgumentException($"--adapter names '{one[..at]}' twice.");
        }
        return adapters;
    }
}
