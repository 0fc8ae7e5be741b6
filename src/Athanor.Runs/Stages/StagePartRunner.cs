using Athanor.Runs.Files;
using Athanor.Runs.Progress;
using Athanor.Runs.Recipes;

namespace Athanor.Runs.Stages;

/// <summary>
/// Works on one part of a stage, beside other processes that work on others. What is made lies in the stage's work folder until <see cref="RecipeRunner"/> makes the artifact of it.
/// </summary>
public static class StagePartRunner
{
    /// <summary>Does the part, or goes on with it.</summary>
    /// <param name="store">The store, on a disk that all processes see.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="stage">The stage's name; its inputs are made already.</param>
    /// <param name="part">Which part.</param>
    /// <param name="progress">How far it is.</param>
    /// <param name="cancellation">Saves the progress and stops.</param>
    /// <returns>False where it was done before, or the artifact was there.</returns>
    /// <exception cref="StageException">It failed, or an input is not there.</exception>
    public static async Task<bool> Run(ArtifactStore store, Recipe recipe, string stage, StagePart part, StageProgress progress, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(part);
        ArgumentNullException.ThrowIfNull(progress);
        RecipeStage wanted = recipe.Stages.FirstOrDefault(known => known.Name == stage) ?? throw new ArgumentException($"The recipe has no stage '{stage}'.");
        var digests = new InputDigests(Path.Combine(store.Root, "digests.json"));
        IReadOnlyList<Artifact> inputs = [.. wanted.From.Select(input => Input(store, recipe, input, digests, stage, cancellation))];
        string key = StageKey.Of(recipe, wanted, inputs, digests, cancellation).Key;
        if (store.Find(key, fully: false, out _, cancellation) is not null)
            return false;
        // Whoever makes the artifact holds this lock alone, so parts and the making exclude each other.
        using FileLock making = await FileLock.Wait(store.MakingLock(key), () => progress.Say("another process makes this artifact; waiting for it"), cancellation, shared: true).ConfigureAwait(false);
        if (store.Find(key, fully: false, out _, cancellation) is not null)
            return false;
        string work = store.WorkOf(key);
        Directory.CreateDirectory(work);
        using FileLock own = await FileLock.Wait(part.LockIn(work), () => progress.Say("another process works on this part; waiting for it"), cancellation).ConfigureAwait(false);
        if (File.Exists(part.MarkIn(work)))
            return false;
        var context = new StageContext(recipe, wanted) { Inputs = inputs, Output = work, WorkFolder = work, Progress = progress };
        try
        {
            await (wanted.Kind.RunPart ?? throw new InvalidOperationException($"The stage kind '{wanted.Kind.Name}' is not worked on in parts.")).Invoke(context, part, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            throw new StageException(stage, e is IOException io and not StorageException && StorageException.IsFull(io) ? StorageException.Full(store.Root, io) : e);
        }
        AtomicFile.WriteText(part.MarkIn(work), "");
        return true;
    }

    private static Artifact Input(ArtifactStore store, Recipe recipe, string name, InputDigests digests, string stage, CancellationToken cancellation)
    {
        RecipeStage input = recipe.Stages.First(known => known.Name == name);
        string key = StageKey.Of(recipe, input, [.. input.From.Select(from => Input(store, recipe, from, digests, stage, cancellation))], digests, cancellation).Key;
        return store.Find(key, fully: false, out string? damage, cancellation)
            ?? throw new StageException(stage, new StorageException(damage ?? $"its input '{name}' is not in {store.Root}: the stage was not run, or this machine sees another disk."));
    }
}
