namespace Athanor.Data.Steps;

/// <summary>A step that recipes can name: a stage kind of its own, and an item of <c>process</c>.</summary>
public sealed record StepKind
{
    private StepKind(string name, Type settings, string version, string summary, bool usesSeed, string? modelKind) =>
        (Name, Settings, Version, Summary, UsesSeed, ModelKind) = (name, settings, version, summary, usesSeed, modelKind);

    /// <summary>The name that <c>use:</c> or <c>kind:</c> gives, in snake_case.</summary>
    public string Name { get; }

    /// <summary>A sealed record that is an <see cref="IStepSource"/>.</summary>
    public Type Settings { get; }

    /// <summary>Changes whenever the code would decide otherwise about the same document.</summary>
    public string Version { get; }

    /// <summary>One sentence for people.</summary>
    public string Summary { get; }

    /// <summary>Whether the recipe's seed has any influence.</summary>
    public bool UsesSeed { get; }

    /// <summary>The kind of artifact that may hold its model; null for steps without one.</summary>
    public string? ModelKind { get; }

    /// <summary>A step by the type of its settings.</summary>
    public static StepKind Of<TSettings>(string name, string version, string summary, bool usesSeed = false)
        where TSettings : class, IStepSource => new(name, typeof(TSettings), version, summary, usesSeed, null);

    /// <summary>A step with a model, by the type of its settings.</summary>
    public static StepKind WithModel<TSettings>(string name, string version, string summary, bool usesSeed = false)
        where TSettings : class, IModelSource => new(name, typeof(TSettings), version, summary, usesSeed, TSettings.ModelKind);
}
