namespace Athanor.Inference.Constraints;

/// <summary>Finds the first of several texts in a stream of bytes (Aho and Corasick 1975).</summary>
internal sealed class TriggerSearch
{
    private readonly List<int[]> _next = [Unset()];

    /// <summary>A search for texts that are not empty; where two end at the same byte the longer is found.</summary>
    public TriggerSearch(IReadOnlyList<byte[]> texts)
    {
        List<int> found = [-1], fail = [0];
        for (int text = 0; text < texts.Count; text++)
        {
            int node = 0;
            foreach (byte value in texts[text])
            {
                if (_next[node][value] < 0)
                {
                    _next[node][value] = _next.Count;
                    _next.Add(Unset());
                    found.Add(-1);
                    fail.Add(0);
                }
                node = _next[node][value];
            }
            found[node] = text;
        }
        var queue = new Queue<int>([0]);
        while (queue.TryDequeue(out int node))
        {
            if (found[node] < 0)
                found[node] = found[fail[node]];
            for (int value = 0; value < 256; value++)
            {
                int child = _next[node][value];
                if (child < 0)
                {
                    _next[node][value] = node == 0 ? 0 : _next[fail[node]][value];
                    continue;
                }
                fail[child] = node == 0 ? 0 : _next[fail[node]][value];
                queue.Enqueue(child);
            }
        }
        foreach (int[] row in _next)
        {
            for (int value = 0; value < 256; value++)
            {
                if (found[row[value]] is >= 0 and int text)
                    row[value] = ~text;
            }
        }
    }

    /// <summary>The number of nodes; 0 is the start.</summary>
    public int Count => _next.Count;

    /// <summary>The node after a byte, or the complement of the text that has been found with it.</summary>
    public int Next(int node, byte value) => _next[node][value];

    private static int[] Unset()
    {
        var row = new int[256];
        Array.Fill(row, -1);
        return row;
    }
}
