using Athanor.Data.Documents;
using Athanor.Data.Execution;
using Athanor.Data.Sampling;
using Athanor.Data.Signals;

namespace Athanor.Data.Inspection;

/// <summary>A kept document whose text a stage changed: the part that differs, and what stands around it.</summary>
/// <param name="Id">The document.</param>
/// <param name="Head">The end of what is the same in front.</param>
/// <param name="Before">What was there.</param>
/// <param name="After">What is there now.</param>
/// <param name="Tail">The beginning of what is the same behind.</param>
public sealed record ChangedDocument(string Id, string Head, string Before, string After, string Tail)
{
    private const int Around = 80, Tried = 2000;

    /// <summary>Finds changed documents, at random but the same each time.</summary>
    /// <param name="output">A stage's output with signals, whose input is still there.</param>
    /// <param name="set">Null for training, else a set that is held out.</param>
    /// <param name="count">How many; at most 2,000 documents are compared.</param>
    /// <exception cref="InvalidDataException">The stage stored no signals, or its input is gone.</exception>
    public static IReadOnlyList<ChangedDocument> Find(StageOutput output, string? set, int count)
    {
        ArgumentNullException.ThrowIfNull(output);
        string path = output.SignalsOf(set) ?? throw new InvalidDataException($"'{output.Folder}' has no {SignalFile.Name}. Only stages that take documents through steps can be compared with their input.");
        string[] inputs = [.. output.Parents.Select(parent => Path.Combine(parent, Path.GetFileName(output.Documents(set)))).Where(File.Exists)];
        var places = new List<(int File, long Input, long Output)>();
        using (var reader = new SignalReader(path))
        {
            foreach (SignalBlock block in reader.Blocks())
            {
                for (int row = 0; row < block.Rows; row++)
                {
                    if (block.Outcome(row) == 0)
                        places.Add((block.File, block.InputOffset(row), block.OutputOffset(row)));
                }
            }
        }
        var order = new IndexPermutation(places.Count, 0);
        var changed = new List<ChangedDocument>();
        for (int i = 0; i < Math.Min(Tried, places.Count) && changed.Count < count; i++)
        {
            (int file, long input, long place) = places[(int)order[i]];
            if (file >= inputs.Length)
                throw new InvalidDataException($"What '{output.Folder}' was made from is gone. Run the recipe again with --force for the stage in front of it.");
            Document before = Read(inputs[file], input), after = Read(output.Documents(set), place);
            if (before.Text != after.Text)
                changed.Add(Difference(after.Id, before.Text, after.Text));
        }
        return changed;
    }

    private static Document Read(string path, long offset)
    {
        DocumentChunk? chunk = DocumentChunks.Read([path], 0, offset).FirstOrDefault();
        foreach ((long at, ReadOnlyMemory<byte> line) in chunk?.Lines() ?? [])
            return chunk!.Parse(at, line);
        throw new InvalidDataException($"{path} has no document at byte {offset}: it is not what the stage read.");
    }

    private static ChangedDocument Difference(string id, string before, string after)
    {
        int head = before.AsSpan().CommonPrefixLength(after), tail = 0;
        while (tail < Math.Min(before.Length, after.Length) - head && before[^(tail + 1)] == after[^(tail + 1)])
            tail++;
        int from = Math.Max(0, head - Around);
        return new ChangedDocument(id, before[from..head], before[head..^tail], after[head..^tail], before.Substring(before.Length - tail, Math.Min(Around, tail)));
    }
}
