using System.Text.Json;
using Athanor.Data.Readers;
using Athanor.Runs.Files;

namespace Athanor.Data.Execution;

/// <summary>Problems as they are noted on the disk.</summary>
/// <param name="Counts">How often each kind was met.</param>
/// <param name="First">The first of each kind.</param>
internal sealed record StoredProblems(IReadOnlyDictionary<string, long> Counts, IReadOnlyList<ReadProblem> First)
{
    public static StoredProblems Of(ReadProblems problems) => new(problems.Counts.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value), [.. problems.First]);

    public ReadProblems Restore() => new(Counts.ToDictionary(pair => Enum.Parse<ReadProblemKind>(pair.Key), pair => pair.Value), First);
}

/// <summary>How far reading is: of one task, or of all.</summary>
internal sealed record ReadProgress
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static ReadProgress None { get; } = new();

    /// <summary>Tasks that are done.</summary>
    public int Task { get; init; }

    /// <summary>Bytes written.</summary>
    public long Length { get; init; }

    /// <summary>Where to go on within the task.</summary>
    public ReadMark Mark { get; init; }

    public long Documents { get; init; }

    /// <summary>UTF-16 code units of their texts.</summary>
    public long Characters { get; init; }

    public StoredProblems Problems { get; init; } = new(new Dictionary<string, long>(), []);

    /// <summary>All of what was read before, and a task behind it.</summary>
    public ReadProgress Join(ReadProgress part, int tasks, long length)
    {
        ReadProblems problems = Problems.Restore();
        problems.Add(part.Problems.Restore());
        return new ReadProgress { Task = tasks, Length = length, Documents = Documents + part.Documents, Characters = Characters + part.Characters, Problems = StoredProblems.Of(problems) };
    }

    /// <summary>What a file says, or null where there is none that can be used.</summary>
    public static ReadProgress? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ReadProgress>(File.ReadAllBytes(path), Json);
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
            return null;
        }
    }

    public void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, Json));
}
