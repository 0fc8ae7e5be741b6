using System.Globalization;
using Athanor.Runs.Progress;
using Athanor.Runs.Stages;

namespace Athanor.Data.Slurm;

/// <summary>
/// Follows a recipe's stages on Slurm. All of them are submitted at once, each waiting for those it takes from, so they go on where this process dies. While it lives it looks at marks on the disk and asks
/// Slurm: what failed or was lost is submitted again, so many times, with everything that waited for it.
/// </summary>
internal sealed class SlurmRun(IReadOnlyList<SlurmStage> stages, SlurmSubmission submission, SlurmCommands slurm, SlurmFolder folder, SlurmSettings settings, Func<IReadOnlyList<PlannedStage>> plan, StageProgress progress)
{
    private readonly Dictionary<(long Job, int Part), DateTime> _ended = [];
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private bool _silent;

    /// <summary>Runs until every stage is made.</summary>
    /// <exception cref="SlurmException">A stage failed for good; what was done stays.</exception>
    public void Run(CancellationToken cancellation)
    {
        try
        {
            Look();
            Adopt();
            while (true)
            {
                Submit();
                Show();
                if (stages.All(stage => stage.Made))
                    return;
                if (cancellation.WaitHandle.WaitOne(settings.AskEvery))
                    cancellation.ThrowIfCancellationRequested();
                Ask();
            }
        }
        catch
        {
            Cancel(stages.SelectMany(stage => stage.Jobs));
            throw;
        }
    }

    /// <summary>Looks at the store: what is made, and where parts lie.</summary>
    private void Look()
    {
        IReadOnlyList<PlannedStage> now = plan();
        foreach (SlurmStage stage in stages)
        {
            PlannedStage planned = now.First(known => known.Stage == stage.Name);
            if (planned.Decision == StageDecision.Reuse && !stage.Made)
                progress.Say($"the stage '{stage.Name}' is made");
            stage.Made = planned.Decision == StageDecision.Reuse;
            stage.Work = planned.Work;
        }
        LookAtParts();
    }

    private void LookAtParts()
    {
        // Marks go with the work folder when the artifact appears, a moment before its job ends: what was done once stays done.
        foreach (SlurmStage stage in stages.Where(stage => !stage.Made && stage.Work is not null && stage.Count > 0))
            stage.Done.UnionWith(StagePart.DoneIn(stage.Work!, stage.Count));
    }

    /// <summary>Takes over jobs of an earlier controller that still run or wait.</summary>
    private void Adopt()
    {
        IReadOnlyList<SlurmJob> noted = folder.Jobs();
        if (noted.Count == 0)
            return;
        IReadOnlyList<SlurmTask> known = slurm.Query([.. noted.Select(job => job.Id)]) ?? throw new SlurmException("Slurm does not answer (squeue). Look with `sinfo`, and run again.");
        // What ends while Slurm answers is done by now.
        Look();
        var alive = known.Where(task => !task.Ended).Select(task => (task.Job, task.Index)).ToHashSet();
        var foreign = new List<SlurmJob>();
        foreach (SlurmJob job in noted)
        {
            SlurmStage? stage = stages.FirstOrDefault(stage => stage.Name == job.Stage && !stage.Made && (job.IsWhole || job.Of == stage.Count));
            if (job.IsWhole ? !alive.Contains((job.Id, -1)) : !job.Parts.Exists(part => alive.Contains((job.Id, part - job.Offset))))
                continue;
            if (stage is null)
                foreign.Add(job);
            else if (job.IsWhole)
                stage.Whole = job;
            else
            {
                job.Broken = job.Parts.RemoveAll(part => !alive.Contains((job.Id, part - job.Offset)) && !stage.Done.Contains(part)) > 0;
                stage.Arrays.Add(job);
            }
        }
        Cancel(foreign);
        int adopted = stages.Sum(stage => stage.Jobs.Count());
        if (adopted > 0)
            progress.Say($"{adopted} jobs of before still run or wait; going on with them");
    }

    /// <summary>Submits what is missing: parts that no job works on, the job behind them, and all that waited for either.</summary>
    private void Submit()
    {
        var renewed = new HashSet<SlurmStage>();
        foreach (SlurmStage stage in stages.Where(stage => !stage.Made))
        {
            bool stale = stage.From.Any(renewed.Contains);
            if (stale)
            {
                Cancel(stage.Jobs);
                stage.Arrays.Clear();
                stage.Whole = null;
            }
            var covered = stage.Arrays.SelectMany(job => job.Parts).Concat(stage.Done).ToHashSet();
            int[] missing = [.. Enumerable.Range(0, stage.Count).Where(part => !covered.Contains(part))];
            if (missing.Length > 0)
                stage.Arrays.AddRange(submission.Parts(stage, missing));
            if (stage.Whole is not null && missing.Length == 0)
                continue;
            if (stage.Whole is { } waiting)
                Cancel([waiting]);
            stage.Whole = submission.Whole(stage);
            renewed.Add(stage);
        }
    }

    private void Ask()
    {
        long[] jobs = [.. stages.SelectMany(stage => stage.Jobs).Select(job => job.Id)];
        if (slurm.Query(jobs) is not { } answer)
        {
            if (!_silent)
                progress.Say("Slurm does not answer (squeue); its jobs may go on, and it is asked again");
            _silent = true;
            return;
        }
        _silent = false;
        var tasks = new Dictionary<(long, int), SlurmTask>();
        foreach (SlurmTask task in answer)
            tasks[(task.Job, task.Index)] = task;
        // Only the end of a job that makes an artifact changes what the plan says.
        if (stages.Any(stage => stage.Whole is { } whole && State(tasks, whole, -1) is null or { Ended: true }))
            Look();
        else
            LookAtParts();
        foreach (SlurmStage stage in stages)
            Judge(stage, tasks);
    }

    private static SlurmTask? State(Dictionary<(long, int), SlurmTask> tasks, SlurmJob job, int part) => tasks.GetValueOrDefault((job.Id, job.IsWhole ? -1 : part - job.Offset));

    private void Judge(SlurmStage stage, Dictionary<(long, int), SlurmTask> tasks)
    {
        stage.Running = 0;
        if (stage.Made)
        {
            stage.Arrays.Clear();
            stage.Whole = null;
            return;
        }
        foreach (SlurmJob job in stage.Arrays)
        {
            job.Parts.RemoveAll(stage.Done.Contains);
            foreach (int part in job.Parts.ToArray())
            {
                if (!Lost(stage, job, part, State(tasks, job, part)))
                    continue;
                job.Parts.Remove(part);
                job.Broken = true;
            }
        }
        stage.Arrays.RemoveAll(job => job.Parts.Count == 0);
        if (stage.Whole is { } whole && Lost(stage, whole, -1, State(tasks, whole, -1)))
            stage.Whole = null;
    }

    /// <summary>Whether a task has ended without what it was to make. Counts it where it is to blame.</summary>
    private bool Lost(SlurmStage stage, SlurmJob job, int part, SlurmTask? task)
    {
        if (task is { Ended: false })
        {
            _ended.Remove((job.Id, part));
            stage.Running += task.State is "RUNNING" or "COMPLETING" ? 1 : 0;
            Tell(stage, part, task);
            return false;
        }
        // A job that ended well, or that Slurm has forgotten: the disk may be slow to show what it wrote.
        if (task is null or { State: "COMPLETED" })
        {
            if (!_ended.TryGetValue((job.Id, part), out DateTime since))
                _ended[(job.Id, part)] = since = DateTime.UtcNow;
            if (DateTime.UtcNow - since < settings.Settle)
                return false;
        }
        _ended.Remove((job.Id, part));
        // What waited for something that failed is not to blame.
        if (task is { NeverCouldRun: true } || !stage.CanRun || (part < 0 && stage.Done.Count < stage.Count))
            return true;
        int failures = stage.Failures[part] = stage.Failures.GetValueOrDefault(part) + 1;
        var failure = SlurmFailure.Of(folder, slurm, stage, job, part, task);
        if (failure.Permanent || failures > settings.Requeues)
            throw new SlurmException($"{failure.Text}{(failure.Permanent || failures == 1 ? "" : $" That was try {failures}.")} What is done stays.");
        progress.Say(string.Create(CultureInfo.InvariantCulture, $"{failure.Text} Queued again ({failures} of {settings.Requeues})."));
        return true;
    }

    /// <summary>Why something waits that will not begin by itself is said once.</summary>
    private void Tell(SlurmStage stage, int part, SlurmTask task)
    {
        bool usual = task.Reason is "" or "Priority" or "Resources" or "Dependency" or "JobArrayTaskLimit" or "BeginTime" or "Cleaning";
        if (task.State == "PENDING" && !usual && _told.Add($"{stage.Name} {task.Reason}"))
            progress.Say($"{SlurmFailure.NameOf(stage, part)} waits: {task.Reason}{(task.Reason.Contains("held", StringComparison.OrdinalIgnoreCase) ? $". `scontrol release {task.Job}` lets it go on" : "")}");
    }

    private void Cancel(IEnumerable<SlurmJob> jobs)
    {
        long[] ids = [.. jobs.Select(job => job.Id)];
        if (ids.Length == 0)
            return;
        slurm.Cancel(ids);
        folder.NoteCancelled(ids);
    }

    private void Show()
    {
        int all = stages.Sum(stage => stage.Count + 1), done = stages.Sum(stage => stage.Made ? stage.Count + 1 : stage.Done.Count);
        IEnumerable<string> open = stages.Where(stage => !stage.Made && stage.CanRun).Select(stage => stage.Count == 0 || stage.Done.Count == stage.Count
            ? $"{stage.Name} {(stage.Running > 0 ? "runs" : "waits")}" : string.Create(CultureInfo.InvariantCulture, $"{stage.Name} {stage.Done.Count} of {stage.Count}, {stage.Running} running"));
        progress.Expect(all, "tasks", 0);
        progress.Report(done, string.Join("; ", open));
    }
}
