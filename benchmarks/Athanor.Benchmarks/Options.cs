namespace Athanor.Benchmarks;

/// <summary>What the command line asks for.</summary>
internal sealed class Options
{
    public bool Json { get; set; }
    public bool Quick { get; set; }
    public bool OneDnn { get; set; }
    public bool Torch { get; set; }

    /// <summary>File to which the JSON lines are appended while the console shows what it shows anyway.</summary>
    public string? Save { get; set; }

    /// <summary>Fragments of group names; empty means every group.</summary>
    public List<string> Only { get; } = [];

    public bool Wants(string group) => Only.Count == 0 || Only.Exists(part => group.Contains(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Texts to encode, by name; without them the topic looks for its own.</summary>
    public List<(string Name, string Path)> Corpora { get; } = [];

    /// <summary>Vocabularies: <c>encoders/*.json</c> of the npm package tiktoken, or <c>.tiktoken</c> files.</summary>
    public List<string> Vocabularies { get; } = [];

    /// <summary>A real model, and a smaller one of its tokenizer: what topic inference guesses ahead with.</summary>
    public string? Model { get; set; }

    public string? Draft { get; set; }

    /// <summary>A folder whose node_modules hold the npm packages tiktoken and tokenizers, to run beside us.</summary>
    public string? Peers { get; set; }
}
