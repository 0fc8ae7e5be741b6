namespace Athanor.Runs.Progress;

/// <summary>The progress of a run: hands reports of its stages to faces.</summary>
public sealed class RunProgress
{
    private readonly Lock _lock = new();
    private readonly IReadOnlyList<IProgressFace> _faces;

    /// <summary>Progress that is shown by some faces, or by none.</summary>
    public RunProgress(params IReadOnlyList<IProgressFace> faces)
        : this(TimeProvider.System, faces)
    {
    }

    /// <summary>The same with a clock of one's own.</summary>
    public RunProgress(TimeProvider time, params IReadOnlyList<IProgressFace> faces) => (Time, _faces) = (time, faces);

    internal TimeProvider Time { get; }

    /// <summary>Begins a stage.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="index">Its number from 1.</param>
    /// <param name="count">How many there are.</param>
    public StageProgress Begin(string name, int index = 1, int count = 1) => new(this, name, index, count);

    /// <summary>Says something about the run as a whole.</summary>
    public void Say(string text) => Show(new ProgressReport(ProgressKind.Message, "", 0, 0, 0, null, "", null, default, null, text));

    internal void Show(in ProgressReport report)
    {
        lock (_lock)
        {
            foreach (IProgressFace face in _faces)
                face.Show(report);
        }
    }
}
