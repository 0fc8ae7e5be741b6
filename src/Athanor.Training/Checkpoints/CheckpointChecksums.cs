using System.Globalization;
using System.Text.Json;
using Athanor.Runs.Files;

namespace Athanor.Training.Checkpoints;

/// <summary>
/// CRC-32C and size of every file of a checkpoint, as <c>training/checksums.json</c>: a disk that gives other bytes than it was given is found before a run goes on from them.
/// </summary>
internal static class CheckpointChecksums
{
    public const string FileName = "checksums.json";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private sealed record Sum(long Bytes, string Crc32c);

    /// <summary>Notes what lies in a folder.</summary>
    public static void Write(string folder)
    {
        string place = PlaceIn(folder);
        Dictionary<string, Sum> sums = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => path != place).Order(StringComparer.Ordinal)
            .ToDictionary(path => Path.GetRelativePath(folder, path).Replace('\\', '/'), Of, StringComparer.Ordinal);
        AtomicFile.Write(place, stream => JsonSerializer.Serialize(stream, sums, Json));
    }

    /// <summary>Compares a folder with what was noted.</summary>
    /// <exception cref="CheckpointException">A file is missing or not what was written; it is named with both checksums.</exception>
    public static void Verify(string folder)
    {
        string place = PlaceIn(folder);
        Dictionary<string, Sum> sums;
        try
        {
            sums = JsonSerializer.Deserialize<Dictionary<string, Sum>>(File.ReadAllBytes(place), Json) ?? throw new JsonException("It is empty.");
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(place, e is JsonException ? $"it is damaged: {e.Message}" : "it is missing, so the checkpoint cannot be trusted.", e);
        }
        foreach ((string name, Sum expected) in sums)
        {
            string path = Path.Combine(folder, name);
            if (!File.Exists(path))
                throw new CheckpointException(path, "the file is missing.");
            Sum found = Of(path);
            if (found != expected)
                throw new CheckpointException(path, string.Create(CultureInfo.InvariantCulture, $"it is corrupt: {found.Bytes} bytes with the CRC-32C {found.Crc32c}, written were {expected.Bytes} with {expected.Crc32c}."));
        }
    }

    private static string PlaceIn(string folder) => Path.Combine(folder, "training", FileName);

    private static Sum Of(string path)
    {
        using var stream = new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        byte[] part = new byte[1 << 20];
        uint sum = 0;
        for (int read; (read = stream.Read(part)) > 0;)
            sum = Crc32C.Append(sum, part.AsSpan(0, read));
        return new Sum(stream.Length, sum.ToString("x8", CultureInfo.InvariantCulture));
    }
}
