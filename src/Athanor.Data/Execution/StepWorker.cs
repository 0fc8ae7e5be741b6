using Athanor.Data.Documents;
using Athanor.Data.Signals;
using Athanor.Data.Steps;

namespace Athanor.Data.Execution;

/// <summary>What became of a chunk.</summary>
internal sealed record StepResult(JsonLineBuffer Kept, JsonLineBuffer Removed, SignalBlock Signals, StepTally Tally, SampleSet Samples);

/// <summary>One worker's steps.</summary>
internal sealed class StepWorker(IReadOnlyList<PreparedStep> steps, StepOptions options)
{
    private readonly StepChain _chain = new(steps);
    private float[]? _signals;

    public IReadOnlyList<string> Signals => _chain.Signals;

    public StepResult Work(DocumentChunk chunk)
    {
        _signals ??= new float[_chain.Signals.Count];
        var result = new StepResult(new JsonLineBuffer(), new JsonLineBuffer(), new SignalBlock(_signals.Length) { File = chunk.File, InputBase = chunk.Offset }, new StepTally(), new SampleSet(options.Samples));
        ReadOnlyMemory<byte> bytes = chunk.Bytes;
        for (int at = 0; at < bytes.Length;)
        {
            int length = bytes.Span[at..].IndexOf((byte)'\n');
            int end = length < 0 ? bytes.Length : at + length;
            ReadOnlyMemory<byte> line = bytes[at..end];
            if (line.Span.Trim(" \t\r\n"u8).Length > 0)
                Apply(chunk, chunk.Offset + at, line, result);
            at = end + 1;
        }
        return result;
    }

    private void Apply(DocumentChunk chunk, long offset, ReadOnlyMemory<byte> line, StepResult result)
    {
        Document document = Parse(chunk.Path, offset, line);
        StepTally tally = result.Tally;
        tally.Documents++;
        tally.Characters += document.Text.Length;
        Removal? removal = _chain.Apply(ref document, _signals, out int step);
        if (removal is null)
        {
            tally.Kept++;
            tally.KeptCharacters += document.Text.Length;
            result.Signals.Add(offset - chunk.Offset, result.Kept.Length, 0, _signals);
            result.Kept.Write(document);
            Sample(result.Samples, "kept", SampleSet.Random(document.Id), document, null);
            return;
        }
        var gone = new RemovedLine(document, _chain.Names[step], removal, chunk.File, offset);
        tally.Remove(gone.Step, removal.Rule);
        result.Signals.Add(offset - chunk.Offset, result.Removed.Length, step + 1, _signals);
        if (options.Removed != RemovedText.None)
            result.Removed.WriteObject((gone, options.Removed == RemovedText.All), static (json, state) => state.gone.Write(json, state.Item2));
        string group = $"{gone.Step}/{removal.Rule}";
        Sample(result.Samples, $"removed {group}", SampleSet.Random(document.Id), document, gone);
        double margin = Math.Abs(removal.Value - removal.Threshold) / Math.Max(Math.Abs(removal.Threshold), 1e-9);
        if (double.IsFinite(margin) && margin > 0)
            Sample(result.Samples, $"closest {group}", margin, document, gone);
    }

    private static void Sample(SampleSet samples, string group, double rank, Document document, RemovedLine? removed)
    {
        if (!samples.Takes(group, rank, document.Id))
            return;
        samples.Add(group, new Sample(rank, document.Id, SampleSet.Line(json =>
        {
            json.WriteString("sample", group[..(group.IndexOf(' ', StringComparison.Ordinal) is > 0 and int space ? space : group.Length)]);
            if (removed is not null)
                removed.Write(json, withText: true);
            else
                JsonLineBuffer.Properties(json, document);
        })));
    }

    private static Document Parse(string path, long offset, ReadOnlyMemory<byte> line)
    {
        if (offset == 0 && line.Span.StartsWith("\uFEFF"u8))
            line = line[3..];
        try
        {
            return DocumentFile.Parse(path, new TextLine(0, offset, line));
        }
        catch (DocumentException e)
        {
            throw new DocumentException(path, DocumentChunks.LineAt(path, offset), e.Problem, e);
        }
    }
}
