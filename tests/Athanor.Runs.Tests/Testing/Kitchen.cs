using System.ComponentModel.DataAnnotations;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Runs.Tests.Testing;

/// <summary>Size and shape of the model.</summary>
public sealed record ModelSettings : IDerives, IValidated
{
    /// <summary>Layers; the dial from which the rest follows.</summary>
    [Range(1, 200)]
    public int Depth { get; init; } = 8;

    /// <summary>Width of the residual stream; see <see cref="Depth"/>.</summary>
    [Range(1, 65536)]
    public int? Width { get; init; }

    public int? Heads { get; init; }

    public Activation Activation { get; init; } = Activation.SwiGlu;

    public void Derive(Derivation derivation)
    {
        int width = derivation.Value(Width, 64 * Depth, "64 x depth");
        derivation.Value(Heads, Math.Max(1, width / 64), "width / 64");
    }

    public void Validate(SettingsCheck check) =>
        check.Require(Width % Heads == 0, nameof(Heads), $"{Heads} heads do not divide a width of {Width}.", "Write a divisor of width.");
}

public enum Activation
{
    Gelu,
    SwiGlu,
    ReluSquared,
}

[Variant("cosine", typeof(CosineSchedule))]
[Variant("constant", typeof(ConstantSchedule))]
public abstract record Schedule;

public sealed record CosineSchedule : Schedule
{
    [Range(0, 1)]
    public double Floor { get; init; } = 0.1;
}

public sealed record ConstantSchedule : Schedule;

public sealed record SourceSettings(string Name, double Weight = 1);

public sealed record TrainSettings : IDerives
{
    /// <summary>Peak learning rate.</summary>
    [Range(0, 1, MinimumIsExclusive = true)]
    public double? LearningRate { get; init; }

    public long Tokens { get; init; } = 1_000_000;

    public Schedule Schedule { get; init; } = new CosineSchedule();

    public IReadOnlyList<SourceSettings> Sources { get; init; } = [];

    public IReadOnlyDictionary<string, double> Weights { get; init; } = new Dictionary<string, double>();

    public TimeSpan SaveEvery { get; init; } = TimeSpan.FromMinutes(10);

    [Operational]
    public int? Threads { get; init; }

    public string? Note { get; init; }

    public void Derive(Derivation derivation) =>
        derivation.Value(LearningRate, 0.02 / (derivation.Section<ModelSettings>()?.Depth ?? 1), "0.02 / depth");
}

public sealed record ReadSettings
{
    [Input]
    public required RecipePath Path { get; init; }

    public bool Lower { get; init; }

    public string? Suffix { get; init; }
}

public sealed record CleanSettings
{
    public int MinLength { get; init; } = 3;
}

/// <summary>Small stage kinds that work on text files, and count how often they ran.</summary>
internal sealed class Kitchen
{
    public List<string> Ran { get; } = [];

    public Func<StageContext, CancellationToken, Task>? Training { get; set; }

    public string CleanVersion { get; init; } = "1";

    public RecipeVocabulary Vocabulary()
    {
        var vocabulary = new RecipeVocabulary();
        vocabulary.Section<ModelSettings>("model", "The model.");
        vocabulary.Stage(StageKind.Of<ReadSettings>("read_text", "1", "Reads a text file.", "documents", Read));
        vocabulary.Stage(StageKind.Of<CleanSettings>("clean", CleanVersion, "Drops short lines.", "documents", Clean) with { Takes = [new StageInput("documents", 1, 4)], UsesSeed = false });
        vocabulary.Stage(StageKind.Of<TrainSettings>("train", "1", "Trains.", "checkpoint", Train) with
        {
            Takes = [new StageInput("documents")],
            Sections = [typeof(ModelSettings)],
            Resumable = true,
        });
        return vocabulary;
    }

    private Task Read(StageContext context, ReadSettings settings, CancellationToken cancellation)
    {
        Note(context);
        string text = File.ReadAllText(settings.Path.FullPath);
        File.WriteAllText(Path.Combine(context.Output, "text.txt"), settings.Lower ? text.ToLowerInvariant() : text);
        context.Note("characters", text.Length);
        return Task.CompletedTask;
    }

    private Task Clean(StageContext context, CleanSettings settings, CancellationToken cancellation)
    {
        Note(context);
        IEnumerable<string> lines = context.Inputs.SelectMany(input => File.ReadLines(input.PathOf("text.txt")));
        File.WriteAllLines(Path.Combine(context.Output, "text.txt"), lines.Where(line => line.Length >= settings.MinLength));
        return Task.CompletedTask;
    }

    private async Task Train(StageContext context, TrainSettings settings, CancellationToken cancellation)
    {
        Note(context);
        if (Training is not null)
            await Training(context, cancellation);
        string text = File.ReadAllText(context.Input("documents").PathOf("text.txt"));
        File.WriteAllText(Path.Combine(context.Output, "model.txt"), $"{context.Section<ModelSettings>().Width} {context.Seed} {settings.LearningRate} {text}");
    }

    private void Note(StageContext context)
    {
        lock (Ran)
            Ran.Add(context.Name);
    }
}
