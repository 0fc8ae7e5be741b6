using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Athanor.Data.Decontamination;

/// <summary>A question of a task.</summary>
/// <param name="Name">The task and the number of the line or record: <c>gsm8k#12</c>.</param>
/// <param name="Query">The question.</param>
/// <param name="Answer">The gold answer, or "".</param>
internal sealed record TaskItem(string Name, string Query, string Answer);

/// <summary>Reads the questions of tasks.</summary>
internal static class TaskFile
{
    private static readonly string[] Endings = [".jsonl", ".jsonl.gz", ".csv", ".tsv"];

    /// <exception cref="InvalidDataException">A file holds no question; the message names it and its line.</exception>
    public static IEnumerable<TaskItem> Read(TaskFileSettings settings)
    {
        string path = settings.Path.FullPath;
        string[] files = !Directory.Exists(path) ? [path]
            : [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => Array.Exists(Endings, file.EndsWith)).Order(StringComparer.Ordinal)];
        if (files.Length == 0)
            throw new InvalidDataException($"The folder '{path}' holds no task: files that end in {string.Join(", ", Endings)}.");
        foreach (string file in files)
        {
            string task = files.Length == 1 ? settings.Shown : $"{settings.Shown}/{Path.GetFileNameWithoutExtension(file)}";
            char? separator = Path.GetExtension(file) switch { ".csv" => ',', ".tsv" => '\t', _ => null };
            using Stream stream = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.OpenRead(file), CompressionMode.Decompress) : File.OpenRead(file);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            foreach (TaskItem item in separator is { } mark ? Records(settings, task, file, reader, mark) : Lines(settings, task, file, reader))
                yield return item;
        }
    }

    private static IEnumerable<TaskItem> Lines(TaskFileSettings settings, string task, string file, StreamReader reader)
    {
        for (int number = 1; reader.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            JsonElement json;
            try
            {
                using var document = JsonDocument.Parse(line);
                json = document.RootElement.Clone();
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{file}:{number}: this is no JSON ({e.Message})", e);
            }
            if (json.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{file}:{number}: a question is a JSON object.");
            yield return Item(settings, task, number, field => json.TryGetProperty(field, out JsonElement value) ? Text(value)
                : throw new InvalidDataException($"{file}:{number}: there is no field '{field}'. Fields: {string.Join(", ", json.EnumerateObject().Select(property => property.Name))}. Name one in query or answer."));
        }
    }

    private static IEnumerable<TaskItem> Records(TaskFileSettings settings, string task, string file, StreamReader reader, char separator)
    {
        int number = 0;
        foreach (IReadOnlyList<string> record in SeparatedValues.Read(reader, separator))
        {
            number++;
            yield return Item(settings, task, number, field => int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out int column) && column < record.Count ? record[column]
                : throw new InvalidDataException($"{file}: record {number} has no column '{field}'. Write a number from 0 to {record.Count - 1}."));
        }
    }

    private static TaskItem Item(TaskFileSettings settings, string task, int number, Func<string, string> field) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{task}#{number}"), string.Join('\n', settings.Query.Select(field)), string.Join('\n', settings.Answer.Select(field)));

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join('\n', value.EnumerateArray().Select(Text)),
        JsonValueKind.Object => string.Join('\n', value.EnumerateObject().Select(property => Text(property.Value))),
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };
}
