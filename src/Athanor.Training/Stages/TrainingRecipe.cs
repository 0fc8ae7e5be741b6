using System.Globalization;
using System.Text;
using Athanor.Data.Documents;
using Athanor.Training.ModelFiles;

namespace Athanor.Training.Stages;

/// <summary>A training that is told by its data and a few numbers.</summary>
public sealed record TrainingRecipeOptions
{
    /// <summary>Names the run.</summary>
    public required string Name { get; init; }

    /// <summary>A text or JSON Lines file, or a folder of them.</summary>
    public required string Data { get; init; }

    /// <summary>What of a text file is a document; found from the data where null.</summary>
    public TextUnit? Unit { get; init; }

    /// <summary>The dial: layers of a fresh model.</summary>
    public int? Depth { get; init; }

    /// <summary>A model that goes on learning, with its own tokenizer, instead of a fresh one.</summary>
    public ModelPlace? Model { get; init; }

    /// <summary>Training tokens, as people write them (2M); what follows from the model's size where null.</summary>
    public string? Tokens { get; init; }

    /// <summary>Positions of a row; the stage's default where null.</summary>
    public int? SequenceLength { get; init; }

    /// <summary>An existing tokenizer; null trains one.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Tokens of a trained tokenizer.</summary>
    public int Vocabulary { get; init; } = 4096;

    /// <summary>The share of documents that is held out.</summary>
    public double HeldOut { get; init; } = 0.03;

    /// <summary>Beginnings that samples go on from; documents' own where empty.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>The seed.</summary>
    public long? Seed { get; init; }
}

/// <summary>Writes the recipe of a training from the options of a command line: read, drop duplicates, split, tokenize, pretrain, evaluate.</summary>
public static class TrainingRecipe
{
    private const int Looked = 1 << 20;

    private static readonly string[] JsonLines = [".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"];

    /// <summary>The recipe as YAML; paths in it are absolute.</summary>
    /// <exception cref="IOException">There is no data, or no tokenizer beside the model.</exception>
    /// <exception cref="ArgumentException">Options contradict one another.</exception>
    public static string Compose(TrainingRecipeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        string data = Path.GetFullPath(options.Data);
        if (!File.Exists(data) && !Directory.Exists(data))
            throw new FileNotFoundException($"There is no data '{options.Data}'. Give a .txt, .md or .jsonl file (also .gz), or a folder of them.", options.Data);
        if (options.Model is not null)
            options = GoingOn(options, options.Model);
        string model = options.Model is null ? "" : "load, ";
        var yaml = new StringBuilder();
        void Line(string text) => yaml.Append(text).Append('\n');
        Line($"name: {options.Name}");
        Line($"description: {Text($"A model trained on {Path.GetFileName(Path.TrimEndingDirectorySeparator(data))}.")}");
        if (options.Seed is { } seed)
            Line(string.Create(CultureInfo.InvariantCulture, $"seed: {seed}"));
        if (options.Depth is { } depth)
            Line(string.Create(CultureInfo.InvariantCulture, $"\nmodel:\n  depth: {depth}"));
        Line("\nstages:\n  read:");
        if (HoldsJsonLines(data))
            Line($"    use: read_jsonl\n    path: {Text(data)}");
        else
            Line($"    use: read_text\n    path: {Text(data)}\n    unit: {(options.Unit ?? UnitOf(data)).ToString().ToLowerInvariant()}");
        Line("\n  dedup:\n    use: dedup_exact\n    from: read");
        Line(string.Create(CultureInfo.InvariantCulture, $"\n  split:\n    use: split\n    from: dedup\n    held_out: {options.HeldOut}"));
        Line("\n  tokenizer:");
        Line(options.Tokenizer is { } tokenizer
            ? $"    use: load_tokenizer\n    path: {Text(Path.GetFullPath(tokenizer))}"
            : string.Create(CultureInfo.InvariantCulture, $"    use: train_tokenizer\n    from: split\n    vocabulary: {options.Vocabulary}"));
        if (options.Model is { } begun)
            Line($"\n  load:\n    use: load_model\n    path: {Text(Path.GetFullPath(begun.Path))}");
        Line("\n  tokenize:\n    use: tokenize\n    from: [split, tokenizer]");
        Line($"\n  pretrain:\n    use: pretrain\n    from: [{model}tokenizer, tokenize]");
        if (options.Tokens is { } tokens)
            Line($"    tokens: {tokens}");
        if (options.SequenceLength is { } length)
            Line(string.Create(CultureInfo.InvariantCulture, $"    sequence_length: {length}"));
        string prompts = $"[{string.Join(", ", (options.Prompts.Count > 0 ? options.Prompts : [""]).Select(Text))}]";
        Line($"    prompts: {prompts}");
        Line($"\n  evaluate:\n    use: evaluate\n    from: [pretrain, tokenize]\n    prompts: {prompts}");
        return yaml.ToString();
    }

    /// <summary>The options for a model that exists: its tokenizer, and rows that fit its context.</summary>
    private static TrainingRecipeOptions GoingOn(TrainingRecipeOptions options, ModelPlace model)
    {
        if (options.Depth is not null || options.Tokenizer is not null)
            throw new ArgumentException("A model that goes on learning has its depth and its tokenizer. Leave depth and tokenizer out, or the model.", nameof(options));
        if (options.Tokens is null)
            throw new ArgumentException("Say how many tokens the model goes on for: a number such as 2M.", nameof(options));
        if (model.TokenizerPath is null || !Directory.Exists(model.TokenizerPath))
            throw new FileNotFoundException($"No tokenizer.json lies beside {model.Path}. `athanor model convert` writes a folder with one.", model.Path);
        int context = model.ReadConfig().ContextLength;
        return options with { Tokenizer = model.TokenizerPath, SequenceLength = options.SequenceLength ?? Math.Min(context, new PretrainSettings().SequenceLength) };
    }

    private static bool HoldsJsonLines(string data) =>
        Directory.Exists(data) ? Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).Any(IsJsonLines) : IsJsonLines(data);

    private static bool IsJsonLines(string file) => JsonLines.Any(ending => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Files of a folder are documents; a single file is cut at its delimiters where it has some, else at blank lines.</summary>
    private static TextUnit UnitOf(string data)
    {
        if (Directory.Exists(data) && new TextFolder(data).Files().Count > 1)
            return TextUnit.File;
        string file = new TextFolder(data).Files()[0];
        if (file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            return TextUnit.Paragraph;
        var start = new byte[Looked];
        using FileStream stream = File.OpenRead(file);
        int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return start.AsSpan(0, read).IndexOf(Encoding.UTF8.GetBytes(new TextFolder(file).Delimiter)) >= 0 ? TextUnit.Delimiter : TextUnit.Paragraph;
    }

    /// <summary>A quoted scalar of YAML: every text in double quotes, with JSON's escapes, which YAML reads too.</summary>
    private static string Text(string text) => System.Text.Json.JsonSerializer.Serialize(text, Plain);

    private static readonly System.Text.Json.JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
