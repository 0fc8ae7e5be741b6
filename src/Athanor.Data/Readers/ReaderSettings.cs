using System.ComponentModel.DataAnnotations;
using Athanor.Runs.Settings;

namespace Athanor.Data.Readers;

/// <summary>What the settings of all stages that read files have in common.</summary>
public abstract record ReaderSettings : IReaderSettings
{
    /// <summary>A file, or a folder that is read with its subfolders.</summary>
    [Input]
    public required RecipePath Path { get; init; }

    /// <summary>The documents' source; the name of the file or folder where left out.</summary>
    public string? Source { get; init; }

    /// <summary>Longer records are passed over and counted as too_long, in MiB of unpacked bytes.</summary>
    [Range(1, 1024)]
    public int LargestRecordMib { get; init; } = 64;

    /// <summary>A compressed file that unpacks to more than so many times its size is left and counted as a bomb, once 16 MiB are unpacked.</summary>
    [Range(10, 1_000_000)]
    public int LargestRatio { get; init; } = 300;

    /// <summary>About how many MB on the disk one worker reads at a time.</summary>
    [Range(1, 1 << 20)]
    public int TaskMb { get; init; } = 64;

    /// <inheritdoc/>
    public IDocumentReader Open() => new FormatReader(Path.FullPath, Format(new ReadLimits(LargestRecordMib << 20, LargestRatio)), Source);

    /// <summary>The format that the settings describe.</summary>
    protected abstract FileFormat Format(ReadLimits limits);
}
