using System.Text;
using System.Text.Json;
using Athanor.Tokenizers;

namespace Athanor.Inference.Quantization;

/// <summary>Rows of token ids out of a file of text, for calibration and for perplexity.</summary>
public static class TextRows
{
    private const int LongestLine = 1 << 26;

    /// <summary>
    /// Cuts a text file, or the <c>text</c> field of each line of a JSON Lines file, into rows: a text a row, framed by the begin and end token as in training, longer ones in several rows.
    /// </summary>
    /// <param name="length">Tokens of a row at most.</param>
    /// <param name="most">So many full rows of tokens at most, taken evenly over the file.</param>
    /// <exception cref="IOException">There is no file.</exception>
    /// <exception cref="InvalidDataException">A line is no JSON object with a text, or the file has no text.</exception>
    public static IReadOnlyList<int[]> Read(string path, Tokenizer tokenizer, int length, int most, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        var rows = new List<int[]>();
        long tokens = 0;
        foreach (string text in Texts(path))
        {
            cancellation.ThrowIfCancellationRequested();
            int[] ids = tokenizer.Encode(text);
            if (ids.Length == 0)
                continue;
            if ((tokenizer.BosId ?? tokenizer.EosId) is { } begin)
                ids = [begin, .. ids];
            if (tokenizer.EosId is { } end)
                ids = [.. ids, end];
            foreach (int[] row in ids.Chunk(length).Where(row => row.Length > 1))
            {
                rows.Add(row);
                tokens += row.Length;
            }
        }
        if (rows.Count == 0)
            throw new InvalidDataException($"{path} has no text to speak of.");
        int taken = (int)Math.Clamp(Math.Ceiling(rows.Count * ((double)most * length / tokens)), 1, rows.Count);
        return [.. Enumerable.Range(0, taken).Select(i => rows[(int)((long)i * rows.Count / taken)])];
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
