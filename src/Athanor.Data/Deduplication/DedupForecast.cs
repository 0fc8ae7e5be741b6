using System.Globalization;
using Athanor.Data.Documents;
using Athanor.Runs.Stages;

namespace Athanor.Data.Deduplication;

/// <summary>How much comes in.</summary>
/// <param name="Documents">Documents; estimated where the stage before did not note them.</param>
/// <param name="Bytes">Bytes of the files.</param>
internal readonly record struct InputSize(long Documents, long Bytes)
{
    private const long TypicalDocument = 3000;

    public static InputSize Of(IReadOnlyList<Artifact> inputs)
    {
        long documents = 0, bytes = 0;
        foreach (Artifact input in inputs)
        {
            long size = new FileInfo(input.PathOf(DocumentFile.Name)).Length;
            bytes += size;
            documents += input.Manifest.Notes.TryGetValue("documents", out string? noted) && long.TryParse(noted, CultureInfo.InvariantCulture, out long count) ? count : size / TypicalDocument + 1;
        }
        return new InputSize(documents, bytes);
    }
}

/// <summary>What a deduplication will take, said before it begins.</summary>
/// <param name="Size">What comes in.</param>
/// <param name="Records">Records that are sorted or inserted.</param>
/// <param name="DiskBytes">Bytes of temporary files.</param>
/// <param name="MemoryBytes">Bytes of memory that are declared: sort buffers, filters, tables by document.</param>
/// <param name="Seconds">On one core at the rates of docs/data-deduplication.md.</param>
internal sealed record DedupForecast(InputSize Size, long Records, long DiskBytes, long MemoryBytes, double Seconds)
{
    /// <summary>Says it, notes it, and refuses a disk that is too small.</summary>
    public void Announce(StageContext context, int workers)
    {
        double seconds = Seconds / Math.Max(1, Math.Min(workers, Environment.ProcessorCount));
        context.Progress.Say(string.Create(CultureInfo.InvariantCulture,
            $"forecast: {Size.Documents:N0} documents, {Records:N0} records, {Text(DiskBytes)} on disk for a time, {Text(MemoryBytes)} of memory, about {TimeSpan.FromSeconds(Math.Ceiling(seconds)):g}"));
        context.Note("forecast_records", Records);
        context.Note("forecast_disk_bytes", DiskBytes);
        context.Note("forecast_memory_bytes", MemoryBytes);
        context.DeclareMemory(MemoryBytes);
        long free = new DriveInfo(Path.GetFullPath(context.Output)).AvailableFreeSpace;
        if (DiskBytes + Size.Bytes > free)
            throw new IOException($"'{context.Name}' needs about {Text(DiskBytes + Size.Bytes)} of disk and {Text(free)} are free where runs are kept. Make room, or run with --runs on a larger disk.");
    }

    public static string Text(long bytes) => bytes switch
    {
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F0} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:F1} GiB"),
    };
}
