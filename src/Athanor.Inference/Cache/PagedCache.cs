using System.Runtime.InteropServices;
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
    private const int TextNumbers = 4;

    private readonly List<CacheSpan> _spans = [];

    // What the pass's texts are and where they lie is the same in all layers.
    private readonly List<int> _texts = [], _blocks = [], _slots = [];
    private Tensor _textRows, _blockRows, _slotRows;
    private bool _branches;
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
        _texts.Clear();
        _blocks.Clear();
        _slots.Clear();
        (_textRows, _blockRows, _slotRows) = (default, default, default);
        (_branches, _end, RotaryLength) = (false, 0, rotaryLength);
    }

    /// <summary>Adds the tokens of a text to the pass, in the order of their places.</summary>
    public void Add(in CacheSpan span)
    {
        _spans.Add(span);
        _end = Math.Max(_end, span.First + span.Count);
        _branches |= span.Nodes > 0;
        int linear = span.Count - span.Nodes;
        _texts.Add(span.Start);
        _texts.Add(linear);
        _texts.Add(span.First);
        _texts.Add(_blocks.Count);
        for (int i = 0; i < span.Blocks.Count; i++)
            _blocks.Add(span.Blocks[i] == BlockTable.Gone ? store.Blocks : span.Blocks[i]);
        for (int i = 0; i < linear; i++)
            _slots.Add(store.SlotOf(span.Blocks, span.First + i));
        for (int i = 0; i < span.Nodes; i++)
            _slots.Add(store.SlotOf(treeBlocks, span.TreeRow + i));
    }

    /// <inheritdoc/>
    Tensor IAttentionCache.Attend(int layer, Tensor queries, Tensor keys, Tensor values, in AttentionOptions options)
    {
        if (!_slotRows.Exists)
        {
            _textRows = Rows(queries.Device, new Shape(_spans.Count, TextNumbers), _texts);
            _blockRows = Rows(queries.Device, new Shape(_blocks.Count), _blocks);
            _slotRows = Rows(queries.Device, new Shape(_slots.Count), _slots);
        }
        store.Write(layer, keys, values, _slotRows);
        Tensor seen = store.Attend(layer, queries, _textRows, _blockRows, options);
        return _branches ? AttendTrees(layer, queries, keys, values, seen, options) : seen;
    }

    private static Tensor Rows(Device device, in Shape shape, List<int> values) => Tensor.From(device, shape, CollectionsMarshal.AsSpan(values));

    /// <inheritdoc/>
    void IAttentionCache.Advance() => _spans.Clear();
}
