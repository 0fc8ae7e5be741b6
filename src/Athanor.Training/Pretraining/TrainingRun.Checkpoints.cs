using Athanor.Training.Batches;
using Athanor.Training.Checkpoints;

namespace Athanor.Training.Pretraining;

public sealed partial class TrainingRun
{
    /// <summary>Goes to the newest checkpoint that is whole; none of the work before it depends on which that is.</summary>
    private void Resume()
    {
        var damaged = new List<(Checkpoint Checkpoint, CheckpointException Problem)>();
        foreach (Checkpoint checkpoint in store.List().Reverse())
        {
            try
            {
                TrainingState state = CheckpointWriter.Restore(trainer, checkpoint);
                if (state.Seed != trainer.Settings.Seed)
                    throw new InvalidDataException($"{checkpoint.Folder} belongs to a run with the seed {state.Seed}, not {trainer.Settings.Seed}. Remove it to begin anew.");
                SetAside(damaged);
                GoOnFrom(state);
                return;
            }
            catch (CheckpointException e)
            {
                damaged.Add((checkpoint, e));
            }
        }
        if (damaged.Count > 0)
            throw damaged[0].Problem;
    }

    private void SetAside(List<(Checkpoint Checkpoint, CheckpointException Problem)> damaged)
    {
        foreach ((Checkpoint checkpoint, CheckpointException problem) in damaged)
        {
            string aside = store.SetAside(checkpoint);
            progress.Say($"{problem.Problem} The checkpoint was moved to {aside}; the one before is gone on from.");
            ledger.Event("checkpoint_damaged", json =>
            {
                json.WriteString("stage", stage);
                json.WriteNumber("step", checkpoint.Step);
                json.WriteString("problem", problem.Problem);
                json.WriteString("moved_to", aside);
            });
        }
    }

    private void GoOnFrom(TrainingState state)
    {
        (_tokens, _outliers, _rewinds, _saved) = (state.Tokens, state.Outliers, state.Rewinds, store.LatestDue()?.Step ?? 0);
        loader.Restore(state.Cursor, state.Step);
        metrics.Rewind(state.Step, "resumed");
        progress.Say(FormattableString.Invariant($"Goes on from step {state.Step}."));
    }

    private bool Rewind(Batch batch)
    {
        writer.Wait();
        if (store.LatestDue() is not { } checkpoint)
            return false;
        long step = trainer.Steps;
        if (++_rewinds > settings.MostRewinds)
            throw new TrainingDivergedException(step, FormattableString.Invariant($"the loss jumped again after {settings.MostRewinds} returns to a checkpoint."), null);
        TrainingState state = CheckpointWriter.Restore(trainer, checkpoint);
        (_tokens, _saved, _outliers) = (state.Tokens, state.Step, 0);
        // Weights of then, data from now on: what lay between is left out.
        loader.Restore(batch.After, state.Step);
        metrics.Rewind(state.Step, "loss spike");
        ledger.Event("loss_spike", json =>
        {
            json.WriteString("stage", stage);
            json.WriteNumber("step", step);
            json.WriteNumber("returned_to", state.Step);
        });
        progress.Say(FormattableString.Invariant($"The loss jumped at step {step}: back to step {state.Step} with the data behind the jump."));
        return true;
    }

    private void Save(Batch batch, double? score, bool interim)
    {
        writer.Save(new TrainingState
        {
            Step = trainer.Steps,
            Seed = trainer.Settings.Seed,
            Cursor = batch.After,
            Tokens = _tokens,
            Losses = [.. trainer.Losses.Values],
            Norms = [.. trainer.Norms.Values],
            Outliers = _outliers,
            Rewinds = _rewinds,
            Interim = interim,
            Score = score,
        });
        if (!interim)
            _saved = trainer.Steps;
        ledger.Sync();
    }
}
