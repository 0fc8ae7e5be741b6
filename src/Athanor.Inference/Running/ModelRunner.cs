using Athanor.Inference.Cache;
using Athanor.Inference.Scheduling;
using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Inference.Running;

/// <summary>A row of a step that somebody wants something of.</summary>
/// <param name="Sequence">The text.</param>
/// <param name="Position">The position of the token whose row it is.</param>
/// <param name="Row">Its place in the pass.</param>
internal readonly record struct WantedRow(Sequence Sequence, int Position, int Row);

/// <summary>Carries out steps: one pass over the scheduled tokens of all texts, and logits or hidden states of the rows that are wanted.</summary>
internal sealed class ModelRunner : IDisposable
{
    // Rows whose logits are on the host at once: of a prompt that is scored there may be many.
    private const int LogitsAtOnce = 1 << 22;

    private readonly Decoder _model;
    private readonly PagedStore _store;
    private readonly PagedCache _cache;
    private float[] _logits = [], _hidden = [];
    private double[] _sums = [];
    private int[] _ids = [], _positions = [];
    private int _treeRow;

    /// <param name="treeBlocks">Blocks that no text has, for guesses that branch.</param>
    public ModelRunner(Decoder model, PagedStore store, int[] treeBlocks)
    {
        (_model, _store) = (model, store);
        _cache = new PagedCache(store, treeBlocks);
    }

    /// <summary>Gets the logits of a row, which may be changed, and log Σ exp of them.</summary>
    public delegate void LogitSink(in WantedRow row, Span<float> logits, double logSumExp);

    /// <summary>Gets the last hidden state of a row.</summary>
    public delegate void HiddenSink(in WantedRow row, ReadOnlySpan<float> hidden);

    /// <summary>Begins a step of one or several passes.</summary>
    public void BeginStep() => _treeRow = 0;

    /// <summary>Computes the tokens of a group of spans, which have adapter and rotary length in common.</summary>
    public void Run(IReadOnlyList<ScheduledSpan> spans, in PassKind kind, IReadOnlyList<WantedRow> logitRows, LogitSink logits, IReadOnlyList<WantedRow> hiddenRows, HiddenSink hidden)
    {
        using StepScope scope = StepScope.Begin(_model.Device, record: false);
        int tokens = Lay(spans, kind.RotaryLength);
        var shape = new Shape(1, tokens);
        var input = new DecoderInput(Tensor.From(_model.Device, shape, _ids.AsSpan(0, tokens)), Tensor.From(_model.Device, shape, _positions.AsSpan(0, tokens)), Adapter: kind.Adapter);
        Tensor states = _model.Hidden(input, _cache).Reshape(tokens, _model.Config.Width);
        int vocabulary = _model.Config.VocabularySize, width = _model.Config.Width, most = Math.Max(1, LogitsAtOnce / vocabulary);
        for (int done = 0; done < logitRows.Count; done += most)
        {
            int count = Math.Min(most, logitRows.Count - done);
            Grow(ref _logits, count * vocabulary);
            Grow(ref _sums, count);
            using StepScope part = StepScope.Begin(_model.Device, record: false);
            _model.LogitRows(Pick(states, logitRows, done, count), _logits.AsSpan(0, count * vocabulary), _sums.AsSpan(0, count));
            for (int i = 0; i < count; i++)
                logits(logitRows[done + i], _logits.AsSpan(i * vocabulary, vocabulary), _sums[i]);
        }
        if (hiddenRows.Count == 0)
            return;
        Grow(ref _hidden, hiddenRows.Count * width);
        Pick(states, hiddenRows, 0, hiddenRows.Count).CopyTo(_hidden.AsSpan(0, hiddenRows.Count * width));
        for (int i = 0; i < hiddenRows.Count; i++)
            hidden(hiddenRows[i], _hidden.AsSpan(i * width, width));
    }

    /// <summary>Lays the spans' tokens behind one another; returns how many there are.</summary>
    private int Lay(IReadOnlyList<ScheduledSpan> spans, int rotaryLength)
    {
        int tokens = 0;
        _cache.Begin(rotaryLength);
        foreach ((Sequence sequence, int count) in spans)
        {
            Grow(ref _ids, tokens + count);
            Grow(ref _positions, tokens + count);
            for (int i = 0; i < count; i++)
                (_ids[tokens + i], _positions[tokens + i]) = (sequence.Tokens[sequence.Computed + i], sequence.Computed + i);
            int nodes = sequence.Tree is null ? 0 : Math.Max(0, sequence.Computed + count - (sequence.Tokens.Count - sequence.Drafted));
            for (int i = 0; i < nodes; i++)
                _positions[tokens + count - nodes + i] = sequence.Tokens.Count - sequence.Drafted + sequence.Tree!.Depths[i];
            sequence.TreeRow = _treeRow;
            _treeRow += nodes;
            _cache.Add(new CacheSpan(sequence.Blocks.Blocks, sequence.Computed, tokens, count, sequence.Tree, nodes, sequence.TreeRow));
            tokens += count;
        }
        return tokens;
    }

    private Tensor Pick(Tensor states, IReadOnlyList<WantedRow> rows, int from, int count)
    {
        var ids = new int[count];
        for (int i = 0; i < count; i++)
            ids[i] = rows[from + i].Row;
        return states.IndexSelect(0, Tensor.From(_model.Device, new Shape(count), ids));
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
            Array.Resize(ref array, Math.Max(length, 2 * array.Length));
    }

    /// <summary>Makes a path of a text's guesses the text, from a position on.</summary>
    public void Keep(Sequence sequence, int position, IReadOnlyList<int> path) => _cache.Keep(sequence.Blocks.Blocks, position, sequence.TreeRow, path);

    /// <summary>Copies a block of the cache.</summary>
    public void CopyBlock(int from, int to) => _store.Copy(from, to);

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();
}
