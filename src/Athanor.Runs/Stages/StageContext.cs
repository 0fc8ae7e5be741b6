using System.Globalization;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;

namespace Athanor.Runs.Stages;

/// <summary>What a running stage works with.</summary>
public sealed class StageContext
{
    private readonly Dictionary<string, string> _notes = new(StringComparer.Ordinal);
    private readonly Recipe _recipe;
    private readonly RecipeStage _stage;

    internal StageContext(Recipe recipe, RecipeStage stage) => (_recipe, _stage) = (recipe, stage);

    /// <summary>The stage's name in its recipe.</summary>
    public string Name => _stage.Name;

    /// <summary>A record of the kind's settings type.</summary>
    public object Settings => _stage.Settings;

    /// <summary>The recipe's seed, from which the stage takes all its randomness.</summary>
    /// <exception cref="InvalidOperationException">The kind says that it uses none.</exception>
    public long Seed => _stage.Kind.UsesSeed ? _recipe.Seed
        : throw new InvalidOperationException($"The stage kind '{_stage.Kind.Name}' reads the seed but does not say so (UsesSeed).");

    /// <summary>The artifacts of the stages in <c>from</c>, as written there.</summary>
    public required IReadOnlyList<Artifact> Inputs { get; init; }

    /// <summary>Where the stage writes its artifact: a folder of its own, empty at the beginning, published when the stage returns.</summary>
    public required string Output { get; init; }

    /// <summary>
    /// Where a resumable stage keeps its progress. It is found again, as it was left, when the same work goes on after an interruption or a crash, and
    /// is removed when the artifact is published.
    /// </summary>
    /// <exception cref="InvalidOperationException">The kind says that it is not resumable.</exception>
    public string Work => WorkFolder ?? throw new InvalidOperationException($"The stage kind '{_stage.Kind.Name}' uses a work folder but is not Resumable.");

    /// <summary>How far the stage is.</summary>
    public required StageProgress Progress { get; init; }

    /// <summary>The run's ledger, for samples and events.</summary>
    /// <exception cref="InvalidOperationException">This is a part of a stage, which has none.</exception>
    public RunLedger Ledger
    {
        get => field ?? throw NoLedger();
        init;
    }

    /// <summary>The stage's metrics.</summary>
    /// <exception cref="InvalidOperationException">This is a part of a stage, which has none.</exception>
    public MetricWriter Metrics
    {
        get => field ?? throw NoLedger();
        init;
    }

    internal string? WorkFolder { get; init; }

    internal IReadOnlyDictionary<string, string> Notes => _notes;

    /// <summary>A section that the kind names.</summary>
    /// <exception cref="InvalidOperationException">The kind does not name it.</exception>
    public T Section<T>() where T : class => _stage.Kind.Sections.Contains(typeof(T)) ? _recipe.Section<T>()
        : throw new InvalidOperationException($"The stage kind '{_stage.Kind.Name}' reads {typeof(T).Name} but does not say so (Sections).");

    /// <summary>The one input of a kind: <c>token_shards</c>.</summary>
    /// <exception cref="InvalidOperationException">There is not exactly one.</exception>
    public Artifact Input(string produces) => FindInput(produces) ?? throw new InvalidOperationException($"The stage '{Name}' has no input of kind {produces}.");

    /// <summary>The one input of a kind, or null where there is none.</summary>
    /// <exception cref="InvalidOperationException">There is more than one.</exception>
    public Artifact? FindInput(string produces) => Inputs.SingleOrDefault(input => input.Produces == produces);

    internal long? DeclaredMemory { get; private set; }

    /// <summary>Says how many bytes the stage may take beyond what the process holds, as its settings have it; the manifest has it beside what was reached.</summary>
    public void DeclareMemory(long bytes) => DeclaredMemory = bytes;

    private InvalidOperationException NoLedger() => new($"'{Name}' is worked on in parts, and a part has no ledger.");

    /// <summary>Notes something about the artifact for its manifest and the ledger: a count, a loss.</summary>
    public void Note(string name, IFormattable value) => _notes[name] = value.ToString(null, CultureInfo.InvariantCulture);

    /// <summary>Notes something about the artifact for its manifest and the ledger.</summary>
    public void Note(string name, string value) => _notes[name] = value;
}
