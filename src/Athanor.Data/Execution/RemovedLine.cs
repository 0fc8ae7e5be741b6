using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Steps;

namespace Athanor.Data.Execution;

/// <summary>A removed document as <c>removed.jsonl</c> tells of it.</summary>
/// <param name="Document">As it was when it was removed.</param>
/// <param name="Step">The step's name.</param>
/// <param name="Removal">Why.</param>
/// <param name="Input">Number of the input file.</param>
/// <param name="Offset">Where its line begins there.</param>
internal sealed record RemovedLine(Document Document, string Step, Removal Removal, int Input, long Offset)
{
    private const int Around = 60, LongestMatch = 200, Head = 160;

    public void Write(Utf8JsonWriter json, bool withText)
    {
        json.WriteString("id", Document.Id);
        json.WriteString("step", Step);
        json.WriteString("rule", Removal.Rule);
        Number(json, "value", Removal.Value);
        Number(json, "threshold", Removal.Threshold);
        if (Removal.Note is { } note)
            json.WriteString("note", note);
        WriteSpan(json);
        if (Document.Source.Length > 0)
            json.WriteString("source", Document.Source);
        JsonLineBuffer.Origin(json, Document);
        json.WriteStartObject("input");
        json.WriteNumber("file", Input);
        json.WriteNumber("offset", Offset);
        json.WriteEndObject();
        if (withText)
            json.WriteString("text", Document.Text);
    }

    private void WriteSpan(Utf8JsonWriter json)
    {
        string text = Document.Text;
        int start = Math.Clamp(Removal.Span.Start, 0, text.Length), length = Math.Clamp(Removal.Span.Length, 0, text.Length - start);
        json.WriteStartObject("excerpt");
        if (length > 0)
        {
            int from = Whole(text, Math.Max(0, start - Around)), matchEnd = Whole(text, start + Math.Min(length, LongestMatch)), to = Whole(text, Math.Min(text.Length, start + length + Around));
            json.WriteString("before", text.AsSpan(from, start - from));
            json.WriteString("match", text.AsSpan(start, matchEnd - start));
            json.WriteString("after", matchEnd < start + length ? [] : text.AsSpan(matchEnd, to - matchEnd));
        }
        else
            json.WriteString("head", text.AsSpan(0, Whole(text, Math.Min(text.Length, Head))));
        json.WriteEndObject();
        if (length > 0)
        {
            json.WriteStartArray("span");
            json.WriteNumberValue(start);
            json.WriteNumberValue(length);
            json.WriteEndArray();
        }
    }

    /// <summary>A place that is not within a surrogate pair.</summary>
    private static int Whole(string text, int at) => at > 0 && at < text.Length && char.IsLowSurrogate(text[at]) ? at - 1 : at;

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
