using Athanor.Data.Documents;
using Athanor.Data.Execution;
using Athanor.Data.Stages;
using Athanor.Runs.Stages;

namespace Athanor.Data.Deduplication;

/// <summary>What every stage of deduplication begins with: input files, options, a folder for temporary files that is gone in the end.</summary>
internal sealed class DedupStageParts : IDisposable
{
    private readonly StageContext _context;

    public DedupStageParts(StageContext context)
    {
        _context = context;
        Artifact[] inputs = [.. context.Inputs.Where(input => input.Produces == DataStages.Documents)];
        foreach (Artifact input in inputs)
            DocumentSets.RefuseHeldOut(input, context.Name);
        Files = [.. inputs.Select(input => input.PathOf(DocumentFile.Name))];
        Size = InputSize.Of(inputs);
        Options = context.Section<DataSettings>().Options;
        Folder = Path.Combine(context.Output, ".temporary");
        Directory.CreateDirectory(Folder);
    }

    public IReadOnlyList<string> Files { get; }

    public InputSize Size { get; }

    public StepOptions Options { get; }

    public int Workers => Options.Workers;

    /// <summary>Where temporary files lie.</summary>
    public string Folder { get; }

    /// <summary>Counts bytes of passes over the input.</summary>
    public Action<long> Pass(int number, int of)
    {
        _context.Progress.Expect((double)Size.Bytes * of, "bytes", (double)Size.Bytes * number);
        return bytes => _context.Progress.Report((double)Size.Bytes * number + bytes);
    }

    public void Dispose()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}
