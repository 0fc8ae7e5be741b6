using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Execution;
using Athanor.Data.Stages;
using Athanor.Data.Steps;
using Athanor.Runs.Stages;

namespace Athanor.Data.Deduplication;

/// <summary>A part of a text that was removed because it stands elsewhere too.</summary>
/// <param name="Span">Where it stood.</param>
/// <param name="Kept">The id of the document in which it stays; null where it is not known or nowhere kept.</param>
internal readonly record struct RemovedSpan(TextSpan Span, string? Kept);

/// <summary>
/// What a deduplication writes: <c>documents.jsonl</c>; <c>removed.jsonl</c>, each document with the one that was kept, the method and the similarity; <c>spans.jsonl</c>, the
/// parts removed from documents that stay; <c>samples.jsonl</c>.
/// </summary>
internal sealed class DedupOutput : IDisposable
{
    private const int SpanHead = 120;
    private readonly StageContext _context;
    private readonly StepOptions _options;
    private readonly string _step;
    private readonly DocumentWriter _kept, _removed;
    private readonly SampleSet _samples;
    private readonly SortedDictionary<string, long> _rules = new(StringComparer.Ordinal);
    private DocumentWriter? _spans;
    private long _removedSpans, _removedCharacters, _charactersBefore;

    public DedupOutput(StageContext context, string step)
    {
        (_context, _step) = (context, step);
        _options = context.Section<DataSettings>().Options;
        _kept = new DocumentWriter(Path.Combine(context.Output, DocumentFile.Name));
        _removed = new DocumentWriter(Path.Combine(context.Output, StepStage.RemovedFile));
        _samples = new SampleSet(_options.Samples);
    }

    /// <summary>Documents kept and removed so far.</summary>
    public long Kept => _kept.Count;

    public long Removed { get; private set; }

    public void Keep(Document document)
    {
        _charactersBefore += document.Text.Length;
        _kept.Write(document);
        StepWorker.Sample(_samples, "kept", SampleSet.Random(document.Id), document, null);
    }

    /// <summary>Keeps a document without some of its parts.</summary>
    public void KeepChanged(in NumberedDocument before, Document after, string rule, IReadOnlyList<RemovedSpan> spans)
    {
        Keep(after);
        _charactersBefore += before.Document.Text.Length - after.Text.Length;
        _removedSpans += spans.Count;
        foreach (RemovedSpan span in spans)
            _removedCharacters += span.Span.Length;
        if (_options.Removed == RemovedText.None)
            return;
        _spans ??= new DocumentWriter(Path.Combine(_context.Output, "spans.jsonl"));
        _spans.WriteObject((before.Document, rule, spans), static (json, state) =>
        {
            json.WriteString("id", state.Document.Id);
            json.WriteString("rule", state.rule);
            WriteSpans(json, state.Document.Text, state.spans);
        });
    }

    /// <summary>Removes a document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="removal">Rule, similarity and threshold.</param>
    /// <param name="kept">The id of the document that is kept instead; null where the method cannot know it.</param>
    /// <param name="spans">The parts for which it is removed, where it is not removed as a whole.</param>
    public void Remove(in NumberedDocument document, Removal removal, string? kept, IReadOnlyList<RemovedSpan>? spans = null)
    {
        Removed++;
        _charactersBefore += document.Document.Text.Length;
        _rules[removal.Rule] = _rules.GetValueOrDefault(removal.Rule) + 1;
        var line = new RemovedLine(document.Document, _step, removal, document.Input, document.Offset);
        if (_options.Removed != RemovedText.None)
        {
            _removed.WriteObject((line, kept, spans, _options.Removed == RemovedText.All), static (json, state) =>
            {
                state.line.Write(json, state.Item4);
                json.WriteString("kept", state.kept);
                if (state.spans is not null)
                    WriteSpans(json, state.line.Document.Text, state.spans);
            });
        }
        string group = $"{_step}/{removal.Rule}";
        StepWorker.Sample(_samples, $"removed {group}", SampleSet.Random(document.Document.Id), document.Document, line);
        double margin = Math.Abs(removal.Value - removal.Threshold);
        if (margin > 0 && double.IsFinite(margin))
            StepWorker.Sample(_samples, $"closest {group}", margin, document.Document, line);
    }

    /// <summary>Writes what is still open and notes the counts.</summary>
    public void Complete()
    {
        _samples.Write(Path.Combine(_context.Output, StepStage.SamplesFile));
        _context.Note("documents", _kept.Count);
        _context.Note("characters", _kept.Length);
        _context.Note("removed", Removed);
        _context.Note("characters_before", _charactersBefore);
        if (_removedSpans > 0)
        {
            _context.Note("removed_spans", _removedSpans);
            _context.Note("removed_span_characters", _removedCharacters);
        }
        foreach ((string rule, long count) in _rules)
            _context.Note($"removed {_step}/{rule}", count);
        if (_kept.Count == 0 && Removed > 0)
            _context.Progress.Say($"all {Removed:N0} documents were removed: look at removed.jsonl");
    }

    public void Dispose()
    {
        _kept.Dispose();
        _removed.Dispose();
        _spans?.Dispose();
    }

    private static void WriteSpans(Utf8JsonWriter json, string text, IReadOnlyList<RemovedSpan> spans)
    {
        json.WriteStartArray("spans");
        foreach (RemovedSpan span in spans)
        {
            json.WriteStartObject();
            json.WriteNumber("start", span.Span.Start);
            json.WriteNumber("length", span.Span.Length);
            json.WriteString("kept", span.Kept);
            int length = Math.Min(span.Span.Length, SpanHead);
            if (length < span.Span.Length && char.IsHighSurrogate(text[span.Span.Start + length - 1]))
                length--;
            json.WriteString("head", text.AsSpan(span.Span.Start, length));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
