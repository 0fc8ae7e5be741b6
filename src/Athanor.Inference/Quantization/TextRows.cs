using System.Text;
using System.Text.Json;
using Athanor.Tokenizers;

namespace Athanor.Inference.Quantization;

/// <summary>Rows of token ids out of a file of text, for calibration and for perplexity.</summary>
public static class TextRows
{
    private const int LongestLine = 1 << 26;

    /// <summary>Cuts a text file, or the <c>text</c> fields of a JSON Lines file, into rows.</summary>
    /// <param name="length">Tokens of a row.</param>
    /// <param name="most">Rows at most, taken evenly over the file.</param>
    /// <exception cref="IOException">There is no file.</exception>
    /// <exception cref="InvalidDataException">A line is no JSON object with a text, or the file has too little text for a row.</exception>
    public static IReadOnlyList<int[]> Read(string path, Tokenizer tokenizer, int length, int most, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        var ids = new List<int>();
        foreach (string text in Texts(path))
        {
            cancellation.ThrowIfCancellationRequested();
            if (tokenizer.BosId is { } bos)
                ids.Add(bos);
            ids.AddRange(tokenizer.Encode(text));
            if (tokenizer.EosId is { } eos)
                ids.Add(eos);
        }
        int rows = ids.Count / length;
        if (rows == 0)
            return ids.Count >= 2 ? [[.. ids]] : throw new InvalidDataException($"{path} has no text to speak of.");
        int taken = Math.Min(rows, most);
        return [.. Enumerable.Range(0, taken).Select(i => ids.GetRange((int)((long)i * rows / taken) * length, length).ToArray())];
    }

    private static IEnumerable<string> Texts(string path)
    {
        if (!path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))
        {
            yield return File.ReadAllText(path);
            yield break;
        }
        int number = 0;
        foreach (string line in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            yield return line.Length <= LongestLine ? Text(line, path, number) : throw new InvalidDataException($"{path}:{number}: the line has {line.Length:N0} characters.");
        }
    }

    private static string Text(string line, string path, int number)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String
                ? text.GetString()! : throw new InvalidDataException($"{path}:{number}: the line is no object with the text field \"text\".");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}:{number}: the line is not valid JSON: {e.Message}", e);
        }
    }
}
