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

    private Tensor AttendTree(int layer, int index, Tensor queries, Tensor keys, Tensor values, in AttentionOptions options)
    {
        CacheSpan span = _spans[index];
        DraftTree tree = span.Tree!;
        int linear = span.Count - span.Nodes, start = span.Start + linear, end = span.First + linear;
        store.Write(layer, span.Blocks, span.First, keys.Slice(0, span.Start, linear), values.Slice(0, span.Start, linear));
        store.Write(layer, treeBlocks, span.TreeRow, keys.Slice(0, start, span.Nodes), values.Slice(0, start, span.Nodes));
        var results = new Tensor[1 + span.Nodes];
        results[0] = AttendChain(layer, index, span.Blocks, span.First, queries.Slice(1, span.Start, linear), options);
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
                store.Write(layer, span.Blocks, end + i, keys.Slice(0, start + _path[i], 1), values.Slice(0, start + _path[i], 1));
                known += results[1 + _path[i]].Exists ? 1 : 0;
            }
            // Ancestors that another path shares are done; the rest of the path follows them.
            var rows = new Tensor[_path.Count - known];
            for (int i = 0; i < rows.Length; i++)
                rows[i] = queries.Slice(1, start + _path[known + i], 1);
            Tensor attended = AttendChain(layer, index, span.Blocks, end + known, Ops.Concat(1, rows), options);
            for (int i = 0; i < rows.Length; i++)
                results[1 + _path[known + i]] = attended.Slice(1, i, 1);
        }
        return Ops.Concat(1, results);
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
