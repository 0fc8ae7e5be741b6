using System.Text.Json;

namespace Athanor.Runs.Files;

/// <summary>Reads files of JSON objects, one a line, also while they are written: a last line without its end is not there yet.</summary>
public static class JsonLinesReader
{
    private const int LongestLine = 16 << 20;

    /// <summary>The objects of a file that may be absent; lines that are no objects are passed over.</summary>
    /// <param name="path">The file.</param>
    /// <param name="damaged">Called with the numbers, from 1, of lines that are no JSON objects.</param>
    public static IEnumerable<JsonElement> Read(string path, Action<long>? damaged = null)
    {
        if (!File.Exists(path))
            yield break;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        byte[] buffer = new byte[64 << 10];
        int filled = 0;
        long line = 0;
        while (true)
        {
            int read = stream.Read(buffer, filled, buffer.Length - filled);
            if (read == 0)
                yield break;
            filled += read;
            int start = 0;
            while (buffer.AsSpan(start, filled - start).IndexOf((byte)'\n') is >= 0 and int length)
            {
                line++;
                if (Parse(buffer.AsMemory(start, length)) is { } element)
                    yield return element;
                else
                    damaged?.Invoke(line);
                start += length + 1;
            }
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length)
            {
                if (buffer.Length >= LongestLine)
                    throw new StorageException($"{path}: line {line + 1} is longer than {LongestLine >> 20} MiB; this is no file of JSON lines.");
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private static JsonElement? Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
