using Athanor.Data.Documents;
using Athanor.Data.Signals;

namespace Athanor.Data.Inspection;

/// <summary>A document that other thresholds treat otherwise.</summary>
/// <param name="Kept">Whether it would be kept.</param>
/// <param name="Signal">The signal that makes the difference.</param>
/// <param name="Value">Its value.</param>
/// <param name="Document">The document.</param>
public sealed record ReplayedDocument(bool Kept, string Signal, float Value, ShownDocument Document);

/// <summary>What other thresholds would do.</summary>
public sealed record ReplayResult
{
    /// <summary>Documents.</summary>
    public long Documents { get; init; }

    /// <summary>Of them kept as the stage ran.</summary>
    public long KeptBefore { get; init; }

    /// <summary>Kept documents that would be removed, by condition.</summary>
    public required IReadOnlyDictionary<string, long> NewlyRemoved { get; init; }

    /// <summary>Removed documents that would be kept, by the step that removed them.</summary>
    public required IReadOnlyDictionary<string, long> NewlyKept { get; init; }

    /// <summary>Of those newly kept, how many the steps behind have not seen yet.</summary>
    public long Unseen { get; init; }

    /// <summary>The changes nearest to the new thresholds.</summary>
    public required IReadOnlyList<ReplayedDocument> Examples { get; init; }

    /// <summary>Kept with the new thresholds.</summary>
    public long KeptAfter => KeptBefore - NewlyRemoved.Values.Sum() + NewlyKept.Values.Sum();
}

/// <summary>
/// Replays thresholds on stored signals, without a text and without a step. Conditions on a step's signals stand for what that step decided: what it removed is kept where they hold; of a quality filter, rules
/// on other signals stay as they were. Documents that another step removed stay removed.
/// </summary>
public static class ThresholdReplay
{
    /// <summary>Replays conditions over a set.</summary>
    /// <param name="output">A stage's output with signals.</param>
    /// <param name="set">Null for training, else a set that is held out.</param>
    /// <param name="conditions">What kept documents must meet.</param>
    /// <param name="examples">How many changes are shown, at most.</param>
    /// <exception cref="InvalidDataException">The stage stored no signals.</exception>
    public static ReplayResult Run(StageOutput output, string? set, IReadOnlyList<ThresholdCondition> conditions, int examples)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(conditions);
        string path = output.SignalsOf(set) ?? throw new InvalidDataException($"'{output.Folder}' has no {SignalFile.Name}. Only stages that take documents through steps store signals.");
        using var reader = new SignalReader(path);
        ThresholdCondition[] named = [.. conditions.Select(condition => condition with { Signal = reader.Names[condition.ColumnOf(reader.Names)] })];
        conditions = QualityConditions.Complete(output.Manifest, named);
        int[] columns = [.. conditions.Select(condition => condition.ColumnOf(reader.Names))];
        string[] steps = [.. reader.Names.Select(name => name[..name.IndexOf('.', StringComparison.Ordinal)])];
        var state = new State(reader, conditions, columns, steps, examples);
        foreach (SignalBlock block in reader.Blocks())
            state.Add(block);
        return state.Result(output, set);
    }

    private sealed class State(SignalReader file, IReadOnlyList<ThresholdCondition> conditions, int[] columns, string[] steps, int examples)
    {
        private readonly SortedDictionary<string, long> _removed = new(StringComparer.Ordinal), _kept = new(StringComparer.Ordinal);
        private readonly PriorityQueue<(bool Kept, int Column, float Value, long Offset, long Input), (double, long)> _nearest = new();
        private long _documents, _keptBefore, _unseen;

        public void Add(SignalBlock block)
        {
            for (int row = 0; row < block.Rows; row++)
            {
                _documents++;
                int outcome = block.Outcome(row);
                _keptBefore += outcome == 0 ? 1 : 0;
                int violated = -1;
                for (int i = 0; i < columns.Length && violated < 0; i++)
                    violated = conditions[i].Holds(block.Column(columns[i])[row]) ? -1 : i;
                if (outcome == 0 && violated >= 0)
                {
                    string condition = $"{file.Names[columns[violated]]} {conditions[violated].Comparison} {conditions[violated].Bound}";
                    _removed[condition] = _removed.GetValueOrDefault(condition) + 1;
                    Note(block, row, false, violated);
                }
                else if (outcome > 0 && violated < 0 && Decides(outcome) is >= 0 and int own)
                {
                    string step = steps[columns[own]];
                    _kept[step] = _kept.GetValueOrDefault(step) + 1;
                    _unseen += outcome < file.Steps.Count ? 1 : 0;
                    Note(block, row, true, own);
                }
            }
        }

        /// <summary>A condition on the signals of the step that removed the document, or -1.</summary>
        private int Decides(int outcome) => outcome > file.Steps.Count ? -1 : Array.FindIndex(columns, column => steps[column] == file.Steps[outcome - 1]);

        private void Note(SignalBlock block, int row, bool kept, int condition)
        {
            float value = block.Column(columns[condition])[row];
            double distance = Math.Abs((double)value - conditions[condition].Bound);
            _nearest.Enqueue((kept, columns[condition], value, block.OutputOffset(row), _documents), (-distance, -_documents));
            if (_nearest.Count > examples)
                _nearest.Dequeue();
        }

        public ReplayResult Result(StageOutput output, string? set)
        {
            var shown = new List<ReplayedDocument>();
            while (_nearest.TryDequeue(out (bool Kept, int Column, float Value, long Offset, long Input) change, out _))
            {
                // What was removed may not have been written (data.removed: none).
                string? path = change.Kept ? output.Removed(set) : output.Documents(set);
                if (path is not null && Line(path, change.Offset) is { Length: > 0 } line)
                    shown.Add(new ReplayedDocument(change.Kept, file.Names[change.Column], change.Value, ShownDocument.Parse(line, change.Kept ? "removed" : "kept")));
            }
            shown.Reverse();
            return new ReplayResult { Documents = _documents, KeptBefore = _keptBefore, NewlyRemoved = _removed, NewlyKept = _kept, Unseen = _unseen, Examples = shown };
        }

        private static byte[] Line(string path, long offset)
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
            stream.Position = Math.Min(offset, stream.Length);
            foreach (TextLine line in TextLines.Read(stream, path))
                return line.Bytes.ToArray();
            return [];
        }
    }
}
