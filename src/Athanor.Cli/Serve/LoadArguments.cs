using System.CommandLine;
using Athanor.Cli.ModelFiles;
using Athanor.Inference.Running;

namespace Athanor.Cli.Serve;

/// <summary>The options that say how models are loaded to answer requests.</summary>
internal sealed class LoadArguments(string adapted)
{
    private readonly ModelArguments _files = new(adapted);
    private readonly Option<string?> _template = new("--chat-template") { Description = "A file with a chat template, or a built-in one by name: chatml, llama2, llama3, mistral, zephyr, alpaca, plain. By default the model's own." };
    private readonly Option<int> _context = new("--context") { Description = "Most tokens of a prompt and its answer; 0 for the model's own limit." };
    private readonly Option<double> _cache = new("--cache-gib") { Description = "Memory of the key-value cache in GiB.", DefaultValueFactory = _ => 1 };

    public void AddTo(Command command)
    {
        _files.AddTo(command);
        foreach (Option option in (Option[])[_template, _context, _cache])
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
            Runs = _files.Runs(parsed),
            Files = _files.Read(parsed),
            ChatTemplate = parsed.GetValue(_template),
            Engine = new EngineOptions { CacheBytes = (long)(cache * (1L << 30)), ContextLength = context >= 0 ? context : throw new ArgumentException($"--context is {context}; give 0 or more.") },
        };
    }
}
