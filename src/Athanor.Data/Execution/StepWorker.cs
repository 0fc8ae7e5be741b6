using Athanor.Data.Documents;
using Athanor.Data.Signals;
using Athanor.Data.Steps;

namespace Athanor.Data.Execution;

/// <summary>What became of a chunk.</summary>
internal sealed record StepResult(JsonLineBuffer Kept, JsonLineBuffer Removed, SignalBlock Signals, StepTally Tally, SampleSet Samples);

/// <summary>One worker's steps.</summary>
internal sealed class StepWorker(IReadOnlyList<PreparedStep> steps, StepOptions options, SampleBounds bounds)
{
    private readonly StepChain _chain = new(steps);
    private float[]? _signals;

    public IReadOnlyList<string> Signals => _chain.Signals;

    public StepResult Work(DocumentChunk chunk)
    {
        _signals ??= new float[_chain.Signals.Count];
        var result = new StepResult(new JsonLineBuffer(), new JsonLineBuffer(), new SignalBlock(_signals.Length) { File = chunk.File, InputBase = chunk.Offset }, new StepTally(), new SampleSet(options.Samples, bounds));
        foreach ((long offset, ReadOnlyMemory<byte> line) in chunk.Lines())
            Apply(chunk, offset, line, result);
        return result;
    }

    private void Apply(DocumentChunk chunk, long offset, ReadOnlyMemory<byte> line, StepResult result)
    {
        Document document = chunk.Parse(offset, line);
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

    internal static void Sample(SampleSet samples, string group, double rank, Document document, RemovedLine? removed)
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
}
