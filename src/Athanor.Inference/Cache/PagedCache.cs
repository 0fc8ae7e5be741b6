using Athanor.Inference.Speculation;
using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Inference.Cache;

/// <summary>Tokens of one text in a pass.</summary>
/// <param name="Blocks">Where the text's keys and values lie.</param>
/// <param name="First">The position of the first of the tokens.</param>
/// <param name="Start">Its place in the pass.</param>
/// <param name="Count">Tokens.</param>
/// <param name="Tree">How the last <paramref name="Nodes"/> of them hang together, where they are guesses and no chain.</param>
/// <param name="Nodes">Tokens that are nodes of the tree.</param>
/// <param name="TreeRow">Where their keys and values are kept, as positions of the room for trees.</param>
internal readonly record struct CacheSpan(IReadOnlyList<int> Blocks, int First, int Start, int Count, DraftTree? Tree = null, int Nodes = 0, int TreeRow = 0);

/// <summary>
/// Attention of one pass over the tokens of many texts, behind one another in one row [1, N]: each text's new keys and values go to its blocks, and its queries see
/// its own blocks.
/// </summary>
internal sealed partial class PagedCache(PagedStore store, int[] treeBlocks) : IAttentionCache
{
    // Where keys begin in memory must not move the blocks in which attention takes them.
    private const int Alignment = 256;

    private readonly List<CacheSpan> _spans = [];
    private readonly List<Tensor> _tables = [];
    private Tensor[] _results = [];
    private int _end;

    /// <summary>The length for which dynamic rotary scaling is chosen.</summary>
    public int RotaryLength { get; set; }

    /// <inheritdoc/>
    int IAttentionCache.Length => 0;

    /// <inheritdoc/>
    int IAttentionCache.EndOf(int time) => _end;

    /// <inheritdoc/>
    int IAttentionCache.RotaryLengthOf(int time) => RotaryLength;

    /// <summary>Begins a pass.</summary>
    public void Begin(int rotaryLength)
    {
        _spans.Clear();
        _tables.Clear();
        (_end, RotaryLength) = (0, rotaryLength);
    }

    /// <summary>Adds the tokens of a text to the pass, in the order of their places.</summary>
    public void Add(in CacheSpan span)
    {
        _spans.Add(span);
        _end = Math.Max(_end, span.First + span.Count);
    }

    /// <inheritdoc/>
    Tensor IAttentionCache.Attend(int layer, Tensor queries, Tensor keys, Tensor values, in AttentionOptions options)
    {
        int tokens = keys.Shape[1], heads = keys.Shape[2], size = keys.Shape[3];
        Tensor keyRows = keys.Reshape(tokens, heads, size), valueRows = values.Reshape(tokens, heads, size);
        if (_results.Length != _spans.Count)
            _results = new Tensor[_spans.Count];
        for (int i = 0; i < _spans.Count; i++)
        {
            CacheSpan span = _spans[i];
            if (span.Nodes > 0)
                continue;
            store.Write(layer, span.Blocks, span.First, keyRows.Slice(0, span.Start, span.Count), valueRows.Slice(0, span.Start, span.Count));
        }
        for (int i = 0; i < _spans.Count; i++)
        {
            CacheSpan span = _spans[i];
            if (span.Nodes > 0)
            {
                _results[i] = AttendTree(layer, i, queries, keyRows, valueRows, options);
                continue;
            }
            _results[i] = AttendChain(layer, i, span.Blocks, span.First, queries.Slice(1, span.Start, span.Count), options);
        }
        return _results.Length == 1 ? _results[0] : Ops.Concat(1, _results);
    }

    // Queries of successive positions see what the table holds up to them.
    private Tensor AttendChain(int layer, int span, IReadOnlyList<int> blocks, int position, Tensor queries, in AttentionOptions options)
    {
        if (store.ReadsInPlace(queries.DType))
        {
            // The tables are the same in all layers.
            while (_tables.Count <= span)
                _tables.Add(store.BlocksOf(_spans[_tables.Count].Blocks));
            return store.Attend(layer, _tables[span], position + queries.Shape[1], queries, options with { Offset = position });
        }
        int first = options.Window > 0 ? Math.Max(0, position - options.Window + 1) : 0, from = first - first % Math.Max(Alignment, store.BlockSize);
        (Tensor k, Tensor v) = store.Read(layer, blocks, from, position + queries.Shape[1], queries.DType);
        return Ops.Attention(queries, k, v, options with { Offset = position - from });
    }

    /// <inheritdoc/>
    void IAttentionCache.Advance() => _spans.Clear();
}
