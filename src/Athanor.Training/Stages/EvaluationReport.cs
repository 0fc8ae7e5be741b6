using System.Text.Json;
using Athanor.Runs.Files;
using Athanor.Training.Evaluation;

namespace Athanor.Training.Stages;

/// <summary>Scores as a file: no times, so that the same model gives the same bytes.</summary>
internal static class EvaluationReport
{
    private static readonly JsonWriterOptions Options = new() { Indented = true };

    public static void Write(string path, IReadOnlyDictionary<string, ValidationScore> scores, Action<Utf8JsonWriter>? more = null) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, Options);
        json.WriteStartObject();
        more?.Invoke(json);
        json.WriteStartObject("validation");
        foreach ((string name, ValidationScore score) in scores.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(name);
            json.WriteNumber("tokens", score.Tokens);
            json.WriteNumber("bytes", score.Bytes);
            json.WriteNumber("characters", score.Characters);
            json.WriteNumber("loss", score.LossPerToken);
            json.WriteNumber("perplexity", score.Perplexity);
            if (score.Bytes > 0)
                json.WriteNumber("bits_per_byte", score.BitsPerByte);
            if (score.Characters > 0)
                json.WriteNumber("bits_per_character", score.BitsPerCharacter);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    });
}
