using Athanor.Inference.Speculation;
using Athanor.Tensors;

namespace Athanor.Inference.Cache;

/// <content>
/// Guesses that branch. Each path from the text's end to a leaf is laid into the text's own places in turn, so that its queries see what they would see if it were the text: the
/// results are to the bit those of a chain. All nodes' keys and values are kept beside, for the path that is chosen.
/// </content>
internal sealed partial class PagedCache
{
    private readonly List<int> _path = [];

    /// <summary>The results of all rows, those of the chains being there.</summary>
    private Tensor AttendTrees(int layer, Tensor queries, Tensor keys, Tensor values, Tensor chains, in AttentionOptions options)
    {
        var parts = new List<Tensor>();
        for (int i = 0; i < _spans.Count; i++)
        {
            parts.Add(chains.Slice(1, _spans[i].Start, _spans[i].Count - _spans[i].Nodes));
            if (_spans[i].Nodes > 0)
                parts.AddRange(AttendTree(layer, i, queries, keys, values, options));
        }
        const int Most = 64;
        while (parts.Count > Most)
            parts = [.. parts.Chunk(Most).Select(some => Ops.Concat(1, some))];
        return Ops.Concat(1, [.. parts]);
    }

    private Tensor[] AttendTree(int layer, int index, Tensor queries, Tensor keys, Tensor values, in AttentionOptions options)
    {
        CacheSpan span = _spans[index];
        DraftTree tree = span.Tree!;
        int start = span.Start + span.Count - span.Nodes, end = span.First + span.Count - span.Nodes;
        var results = new Tensor[span.Nodes];
        for (int leaf = 0; leaf < span.Nodes; leaf++)
        {
            if (HasChild(tree, leaf, span.Nodes))
                continue;
            _path.Clear();
            for (int node = leaf; node != DraftTree.Root; node = tree.Parents[node])
                _path.Insert(0, node);
            int known = 0;
            for (int i = 0; i < _path.Count; i++)
            {
                Tensor slot = Tensor.From(queries.Device, new Shape(1), [store.SlotOf(span.Blocks, end + i)]);
                store.Write(layer, keys.Slice(1, start + _path[i], 1), values.Slice(1, start + _path[i], 1), slot);
                known += results[_path[i]].Exists ? 1 : 0;
            }
            // Ancestors that another path shares are done; the rest of the path follows them.
            var rows = new Tensor[_path.Count - known];
            for (int i = 0; i < rows.Length; i++)
                rows[i] = queries.Slice(1, start + _path[known + i], 1);
            Tensor text = Tensor.From(queries.Device, new Shape(1, TextNumbers), [0, rows.Length, end + known, _texts[index * TextNumbers + 3]]);
            Tensor attended = store.Attend(layer, Ops.Concat(1, rows), text, _blockRows, options);
            for (int i = 0; i < rows.Length; i++)
                results[_path[known + i]] = attended.Slice(1, i, 1);
        }
        return results;
    }

    /// <summary>Makes a path of a tree the text: its keys and values take the places from <paramref name="position"/> on.</summary>
    public void Keep(IReadOnlyList<int> blocks, int position, int treeRow, IReadOnlyList<int> path)
    {
        for (int i = 0; i < path.Count; i++)
            store.Move(treeBlocks, treeRow + path[i], blocks, position + i);
    }

    private static bool HasChild(DraftTree tree, int node, int nodes)
    {
        for (int other = node + 1; other < nodes; other++)
        {
            if (tree.Parents[other] == node)
                return true;
        }
        return false;
    }
}
