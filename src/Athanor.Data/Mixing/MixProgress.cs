using System.Text.Json;
using Athanor.Runs.Files;

namespace Athanor.Data.Mixing;

/// <summary>The passes of a mixture.</summary>
internal enum MixPass
{
    /// <summary>Documents are noted.</summary>
    Scan,

    /// <summary>Lines are written into buckets, or as they come.</summary>
    Copy,

    /// <summary>Buckets are sorted and written.</summary>
    Sort,
}

/// <summary>How far a mixture is. Files are cut back to the lengths that stand here.</summary>
internal sealed record MixProgress
{
    public const string FileName = "progress.json";

    public MixPass Pass { get; init; }

    /// <summary>The number of the input file of the pass.</summary>
    public int File { get; init; }

    /// <summary>The next line's beginning in it.</summary>
    public long Offset { get; init; }

    /// <summary>Documents that were noted.</summary>
    public long Records { get; init; }

    /// <summary>Documents that are of no domain.</summary>
    public long Left { get; init; }

    /// <summary>Names of domains in the order of their numbers.</summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    /// <summary>Documents, size and bytes of each domain.</summary>
    public IReadOnlyList<MixTotal> Totals { get; init; } = [];

    /// <summary>Documents that the second pass has read.</summary>
    public long Copied { get; init; }

    /// <summary>Of each domain, documents that the second pass has read, and the size it has written.</summary>
    public IReadOnlyList<MixTaken> Taken { get; init; } = [];

    /// <summary>Lengths of the buckets.</summary>
    public IReadOnlyList<long> Buckets { get; init; } = [];

    /// <summary>Buckets that are sorted and written.</summary>
    public int Sorted { get; init; }

    /// <summary>Length of the mixture.</summary>
    public long Length { get; init; }

    public static MixProgress? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize<MixProgress>(System.IO.File.ReadAllBytes(Path.Combine(folder, FileName)));
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public void Write(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, this));
}

/// <summary>What a domain has.</summary>
internal sealed record MixTotal(long Documents, long Size, long Bytes);

/// <summary>What was taken of a domain.</summary>
internal sealed record MixTaken(long Read, long Mixed);
