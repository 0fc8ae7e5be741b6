using System.Text.Json;
using Athanor.Runs.Files;
using Athanor.Runs.Ledger;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;

namespace Athanor.Runs.Stages;

/// <summary>How a recipe is run.</summary>
public sealed record RunnerOptions
{
    /// <summary>Hashes every byte of artifacts before they are reused; by default sizes are compared.</summary>
    public bool VerifyFully { get; init; }

    /// <summary>Stages that run even where their artifact is there.</summary>
    public IReadOnlyList<string> Force { get; init; } = [];

    /// <summary>The last stage to run, with what it needs; null for all.</summary>
    public string? Until { get; init; }
}

/// <summary>Runs the stages of a recipe, each only where its inputs, settings or code version changed.</summary>
public sealed class RecipeRunner
{
    private readonly ArtifactStore _store;
    private readonly RunnerOptions _options;
    private readonly InputDigests _digests;

    /// <summary>A runner over a store.</summary>
    public RecipeRunner(ArtifactStore store, RunnerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        (_store, _options) = (store, options ?? new RunnerOptions());
        _digests = new InputDigests(Path.Combine(store.Root, "digests.json"));
    }

    /// <summary>What would run and why; starts nothing.</summary>
    public IReadOnlyList<PlannedStage> Plan(Recipe recipe, CancellationToken cancellation = default)
    {
        var known = new Dictionary<string, Artifact>(StringComparer.Ordinal);
        var plan = new List<PlannedStage>();
        IReadOnlyList<Artifact> all = _store.List();
        foreach (RecipeStage stage in Wanted(recipe))
        {
            if (stage.From.FirstOrDefault(input => !known.ContainsKey(input)) is { } missing)
            {
                plan.Add(new PlannedStage(stage.Name, StageDecision.Depends, $"'{missing}' runs first", null));
                continue;
            }
            StageKey key = StageKey.Of(recipe, stage, [.. stage.From.Select(input => known[input])], _digests, cancellation);
            bool forced = _options.Force.Contains(stage.Name);
            if (!forced && _store.Find(key.Key, _options.VerifyFully, out _, cancellation) is { } artifact)
            {
                known.Add(stage.Name, artifact);
                plan.Add(new PlannedStage(stage.Name, StageDecision.Reuse, "nothing changed", artifact));
            }
            else
                plan.Add(new PlannedStage(stage.Name, StageDecision.Run, forced ? "it was asked for" : StageChange.Describe(all, recipe.Name, stage.Name, key.Basis), null, _store.WorkOf(key.Key)));
        }
        _digests.Save();
        return plan;
    }

    /// <summary>Runs or reuses every stage; notes all of it in the ledger, the end of the run too.</summary>
    /// <returns>The artifacts by stage.</returns>
    /// <exception cref="StageException">A stage failed.</exception>
    /// <exception cref="RunInterruptedException">The token was cancelled; stages had the chance to save their progress.</exception>
    public async Task<IReadOnlyDictionary<string, Artifact>> Run(Recipe recipe, RunLedger ledger, RunProgress progress, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(progress);
        var made = new Dictionary<string, Artifact>(StringComparer.Ordinal);
        var leases = new List<FileLock>();
        RecipeStage[] stages = [.. Wanted(recipe)];
        try
        {
            for (int i = 0; i < stages.Length; i++)
            {
                RecipeStage stage = stages[i];
                StageProgress stageProgress = progress.Begin(stage.Name, i + 1, stages.Length);
                try
                {
                    cancellation.ThrowIfCancellationRequested();
                    Artifact artifact = await RunStage(recipe, stage, [.. stage.From.Select(input => made[input])], ledger, stageProgress, leases, cancellation).ConfigureAwait(false);
                    made.Add(stage.Name, artifact);
                    WriteStages(ledger, made);
                }
                catch (OperationCanceledException e) when (cancellation.IsCancellationRequested)
                {
                    ledger.Event("stage_interrupted", json => json.WriteString("stage", stage.Name));
                    stageProgress.End(ProgressKind.Interrupted, $"go on with: {ledger.ResumeCommand}");
                    ledger.Interrupt();
                    throw new RunInterruptedException(stage.Name, ledger.ResumeCommand, e, cancellation);
                }
                catch (Exception e)
                {
                    Exception told = e is IOException io and not StorageException && StorageException.IsFull(io) ? StorageException.Full(_store.Root, io) : e;
                    stageProgress.End(ProgressKind.Failed, told.Message);
                    Exception failure = new StageException(stage.Name, told);
                    NoteFailure(ledger, failure);
                    throw failure;
                }
            }
            if (stages.Length < recipe.Stages.Count)
                ledger.Stop(_options.Until!);
            else
                ledger.Finish();
            return made;
        }
        finally
        {
            foreach (FileLock lease in leases)
                lease.Dispose();
            _digests.Save();
        }
    }

    private async Task<Artifact> RunStage(Recipe recipe, RecipeStage stage, IReadOnlyList<Artifact> inputs, RunLedger ledger, StageProgress progress, List<FileLock> leases, CancellationToken cancellation)
    {
        StageKey key = StageKey.Of(recipe, stage, inputs, _digests, cancellation);
        if (!_options.Force.Contains(stage.Name) && Reuse(stage, key, ledger, progress, leases, cancellation) is { } there)
            return there;
        using FileLock making = await FileLock.Wait(_store.MakingLock(key.Key), () => progress.Say("another process makes this artifact; waiting for it"), cancellation).ConfigureAwait(false);
        // The other process may have made it meanwhile.
        if (!_options.Force.Contains(stage.Name) && Reuse(stage, key, ledger, progress, leases, cancellation) is { } made)
            return made;
        string reason = StageChange.Describe(_store.List(), recipe.Name, stage.Name, key.Basis);
        ledger.Event("stage_started", json =>
        {
            json.WriteString("stage", stage.Name);
            json.WriteString("kind", stage.Kind.Name);
            json.WriteString("key", key.Key);
            json.WriteString("reason", reason);
            if (stage.Kind.Resumable)
                json.WriteString("work", _store.WorkOf(key.Key));
        });
        if (reason != StageChange.First)
            progress.Say(reason);
        return await Make(recipe, stage, key, inputs, ledger, progress, leases, cancellation).ConfigureAwait(false);
    }

    private async Task<Artifact> Make(Recipe recipe, RecipeStage stage, StageKey key, IReadOnlyList<Artifact> inputs, RunLedger ledger, StageProgress progress, List<FileLock> leases, CancellationToken cancellation)
    {
        string staged = _store.Begin(key.Key), work = _store.WorkOf(key.Key);
        DateTimeOffset started = _store.Time.GetUtcNow();
        try
        {
            if (stage.Kind.Resumable)
                Directory.CreateDirectory(work);
            var context = new StageContext(recipe, stage)
            {
                Inputs = inputs,
                Output = staged,
                WorkFolder = stage.Kind.Resumable ? work : null,
                Progress = progress,
                Ledger = ledger,
                Metrics = ledger.Metrics(stage.Name),
            };
            using var memory = new MemoryWatch();
            await stage.Kind.Run(context, cancellation).ConfigureAwait(false);
            Artifact artifact = _store.Publish(staged, new ArtifactManifest
            {
                Key = key.Key,
                Produces = stage.Kind.Produces,
                Kind = stage.Kind.Name,
                Version = stage.Kind.Version,
                Recipe = recipe.Name,
                Stage = stage.Name,
                Basis = key.Basis,
                Parents = [.. inputs.Zip(stage.From, (input, name) => new ParentArtifact(name, input.Key, input.Manifest.Content))],
                Content = "",
                Files = [],
                Started = started,
                Published = started,
                Notes = context.Notes,
                Memory = memory.Seen(context.DeclaredMemory),
            }, cancellation);
            if (FileLock.Try(_store.UsingLock(key.Key), shared: true) is { } lease)
                leases.Add(lease);
            if (stage.Kind.Resumable)
                _store.Discard(work);
            NoteArtifact(ledger, "stage_finished", stage, artifact);
            progress.End(ProgressKind.Finished);
            return artifact;
        }
        catch
        {
            _store.Discard(staged);
            throw;
        }
    }

    private Artifact? Reuse(RecipeStage stage, StageKey key, RunLedger ledger, StageProgress progress, List<FileLock> leases, CancellationToken cancellation)
    {
        // The lease first: what is found under it cannot be collected any more.
        FileLock? lease = FileLock.Try(_store.UsingLock(key.Key), shared: true);
        if (_store.Find(key.Key, _options.VerifyFully, out string? damage, cancellation) is not { } artifact)
        {
            lease?.Dispose();
            if (damage is not null)
            {
                progress.Say($"a damaged artifact is made anew: {damage}");
                ledger.Event("artifact_damaged", json =>
                {
                    json.WriteString("stage", stage.Name);
                    json.WriteString("damage", damage);
                });
            }
            return null;
        }
        if (lease is not null)
            leases.Add(lease);
        NoteArtifact(ledger, "stage_reused", stage, artifact);
        progress.End(ProgressKind.Reused, $"{ProgressText.Amount(artifact.Manifest.Size)}B of {artifact.Manifest.Published.UtcDateTime:u}");
        return artifact;
    }

    /// <summary>All stages, or the ones that a last one needs.</summary>
    private IEnumerable<RecipeStage> Wanted(Recipe recipe)
    {
        foreach (string name in _options.Force.Concat(_options.Until is null ? [] : [_options.Until]))
        {
            if (recipe.Stages.All(stage => stage.Name != name))
            {
                string? nearest = NearestName.Of(name, recipe.Stages.Select(stage => stage.Name));
                throw new ArgumentException($"The recipe has no stage '{name}'.{(nearest is null ? "" : $" Did you mean '{nearest}'?")} Stages: {string.Join(", ", recipe.Stages.Select(stage => stage.Name))}.");
            }
        }
        if (_options.Until is null)
            return recipe.Stages;
        var wanted = new HashSet<string>(StringComparer.Ordinal) { _options.Until };
        foreach (RecipeStage stage in recipe.Stages.Reverse())
        {
            if (wanted.Contains(stage.Name))
                wanted.UnionWith(stage.From);
        }
        return recipe.Stages.Where(stage => wanted.Contains(stage.Name));
    }

    private static void NoteArtifact(RunLedger ledger, string kind, RecipeStage stage, Artifact artifact) => ledger.Event(kind, json =>
    {
        json.WriteString("stage", stage.Name);
        json.WriteString("artifact", artifact.Key);
        json.WriteString("folder", artifact.Folder);
        json.WriteNumber("files", artifact.Manifest.Files.Count);
        json.WriteNumber("bytes", artifact.Manifest.Size);
        json.WriteNumber("seconds", Math.Round((artifact.Manifest.Published - artifact.Manifest.Started).TotalSeconds, 3));
        json.WriteStartObject("notes");
        foreach ((string name, string value) in artifact.Manifest.Notes)
            json.WriteString(name, value);
        json.WriteEndObject();
        if (artifact.Manifest.Memory is { } memory)
        {
            json.WriteStartObject("memory");
            json.WriteNumber("before", memory.Before);
            json.WriteNumber("peak", memory.Peak);
            if (memory.Declared is { } declared)
                json.WriteNumber("declared", declared);
            json.WriteEndObject();
        }
    });

    /// <summary>Where each stage's artifact lies, for people and tools.</summary>
    private static void WriteStages(RunLedger ledger, Dictionary<string, Artifact> made) =>
        AtomicFile.Write(Path.Combine(ledger.Folder, "stages.json"), stream => JsonSerializer.Serialize(stream, made.ToDictionary(pair => pair.Key, pair => pair.Value.Folder), LedgerJson.Options));

    /// <summary>The first error counts: a full disk may refuse its note too.</summary>
    private static void NoteFailure(RunLedger ledger, Exception failure)
    {
        try
        {
            ledger.Fail(failure);
        }
        catch (IOException)
        {
        }
    }
}
