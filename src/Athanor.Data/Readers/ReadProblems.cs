using System.Runtime.InteropServices;
using Athanor.Runs.Settings;

namespace Athanor.Data.Readers;

/// <summary>Kinds of things that can be wrong with a file or a record.</summary>
public enum ReadProblemKind
{
    /// <summary>The file cannot be opened or read.</summary>
    Unreadable,

    /// <summary>The file has no bytes.</summary>
    Empty,

    /// <summary>A file or record ends before its end.</summary>
    Truncated,

    /// <summary>Compressed or binary data contradicts itself: a checksum, a code, a length.</summary>
    Damaged,

    /// <summary>The file unpacks to far more than files of its size do.</summary>
    Bomb,

    /// <summary>A record or line is longer than the limit and was passed over.</summary>
    TooLong,

    /// <summary>A record has not the form it should have.</summary>
    BadRecord,

    /// <summary>Bytes are not text in the encoding they should be in; the document is kept, with U+FFFD in their place.</summary>
    InvalidText,

    /// <summary>The text has NUL characters; the document is kept.</summary>
    NulBytes,

    /// <summary>The file is not of the kind it should be: an image among pages, a binary among sources.</summary>
    NotText,

    /// <summary>The file was written to while it was read; what was read may not fit together.</summary>
    Changed,

    /// <summary>The record is of a kind that the settings do not ask for: an image, a page that was not found.</summary>
    NotAsked,

    /// <summary>The file uses a feature of its format that is not read here.</summary>
    Unsupported,
}

/// <summary>Something that could not be read.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="File">The file, as documents name it.</param>
/// <param name="Offset">The byte at which the record or the fault begins; of the unpacked bytes where the file is compressed as a whole.</param>
/// <param name="Detail">What was found, for people.</param>
public sealed record ReadProblem(ReadProblemKind Kind, string File, long Offset, string Detail);

/// <summary>Counts what could not be read and keeps the first problems of each kind. Serves one worker; <see cref="Add(ReadProblems)"/> joins those of several.</summary>
public sealed class ReadProblems
{
    /// <summary>How many problems of each kind are kept with place and detail.</summary>
    public const int Kept = 100;

    private const int LongestDetail = 300;
    private readonly SortedDictionary<ReadProblemKind, long> _counts = [];
    private readonly List<ReadProblem> _first = [];

    /// <summary>No problem yet.</summary>
    public ReadProblems()
    {
    }

    /// <summary>Those that were noted before.</summary>
    internal ReadProblems(IReadOnlyDictionary<ReadProblemKind, long> counts, IReadOnlyList<ReadProblem> first)
    {
        foreach ((ReadProblemKind kind, long count) in counts)
            _counts.Add(kind, count);
        _first.AddRange(first);
    }

    /// <summary>How often each kind was met.</summary>
    public IReadOnlyDictionary<ReadProblemKind, long> Counts => _counts;

    /// <summary>The first of each kind, in the order they were met.</summary>
    public IReadOnlyList<ReadProblem> First => _first;

    /// <summary>All kinds together.</summary>
    public long Total => _counts.Values.Sum();

    /// <summary>Notes a problem.</summary>
    public void Add(ReadProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Keep(problem.Detail.Length <= LongestDetail ? problem : problem with { Detail = string.Concat(problem.Detail.AsSpan(0, LongestDetail), "…") });
        _counts[problem.Kind] = _counts.GetValueOrDefault(problem.Kind) + 1;
    }

    /// <summary>Adds those of the task that follows.</summary>
    public void Add(ReadProblems next)
    {
        ArgumentNullException.ThrowIfNull(next);
        next._first.ForEach(Keep);
        foreach ((ReadProblemKind kind, long count) in next._counts)
            _counts[kind] = _counts.GetValueOrDefault(kind) + count;
    }

    /// <summary>The name of a kind in manifests and files: <c>bad_record</c>.</summary>
    public static string NameOf(ReadProblemKind kind) => SnakeCase.Of(kind.ToString());

    private void Keep(ReadProblem problem)
    {
        int same = 0;
        foreach (ReadProblem kept in CollectionsMarshal.AsSpan(_first))
            same += kept.Kind == problem.Kind ? 1 : 0;
        if (same < Kept)
            _first.Add(problem);
    }
}
