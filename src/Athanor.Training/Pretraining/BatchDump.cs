using System.Text.Json;
using Athanor.Runs.Files;
using Athanor.Training.Batches;

namespace Athanor.Training.Pretraining;

/// <summary>Writes a batch as JSON, one array a row, for somebody to look at.</summary>
internal static class BatchDump
{
    public static void Write(string path, Batch batch, in StepReport report)
    {
        StepReport step = report;
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream);
            json.WriteStartObject();
            json.WriteNumber("step", step.Step);
            json.WriteString("loss", FormattableString.Invariant($"{step.Loss}"));
            json.WriteString("gradient_norm", FormattableString.Invariant($"{step.GradientNorm}"));
            json.WriteNumber("learning_rate", step.LearningRate);
            Rows(json, "ids", batch.Ids, batch);
            Rows(json, "targets", batch.Targets, batch);
            if (batch.IsPacked)
                Rows(json, "segments", batch.Segments, batch);
            if (batch.IsBidirectional)
                Rows(json, "prefixes", batch.Prefixes, batch);
            json.WriteEndObject();
        });
    }

    private static void Rows(Utf8JsonWriter json, string name, ReadOnlySpan<int> values, Batch batch)
    {
        json.WriteStartArray(name);
        for (int row = 0; row < batch.Rows; row++)
        {
            json.WriteStartArray();
            foreach (int value in values.Slice(row * batch.Length, batch.Length))
                json.WriteNumberValue(value);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }
}
