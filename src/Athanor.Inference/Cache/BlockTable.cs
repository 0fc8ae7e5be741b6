namespace Athanor.Inference.Cache;

/// <summary>The blocks of one text, in order. Full blocks behind a common beginning may belong to several texts; whoever writes into a shared one gets a copy first.</summary>
internal sealed class BlockTable(BlockPool pool, string root)
{
    /// <summary>In place of a block that the window has passed.</summary>
    public const int Gone = -1;

    private readonly List<int> _blocks = [];
    private int _known, _passed;
    private long _parent;

    /// <summary>What the contents depend on beside the tokens.</summary>
    public string Root { get; } = root;

    /// <summary>Blocks, <see cref="Gone"/> for those that the window has passed.</summary>
    public IReadOnlyList<int> Blocks => _blocks;

    /// <summary>Tokens there is room for.</summary>
    public int Room => _blocks.Count * pool.BlockSize;

    /// <summary>New blocks that tokens up to <paramref name="length"/> need, a copy of a shared block at <paramref name="from"/> among them.</summary>
    public int Missing(int from, int length) => Math.Max(0, Ceiling(length) - _blocks.Count) + (SharedAt(from) ? 1 : 0);

    /// <summary>
    /// Makes room for tokens <paramref name="from"/> … <paramref name="length"/> − 1 and sees to it that they are this text's alone. False, and nothing changed,
    /// where the blocks do not suffice.
    /// </summary>
    /// <param name="copy">Called with a shared block and the one that its contents must be copied to.</param>
    public bool TryReserve(int from, int length, Action<int, int> copy)
    {
        if (Missing(from, length) > pool.Free)
            return false;
        if (SharedAt(from))
        {
            int at = from / pool.BlockSize, shared = _blocks[at];
            pool.TryTake(out int own);
            copy(shared, own);
            _blocks[at] = own;
            pool.Release(shared);
        }
        while (Room < length)
        {
            pool.TryTake(out int block);
            _blocks.Add(block);
        }
        return true;
    }

    /// <summary>Takes over known full blocks that hold the beginning of the tokens, at most so many; returns how many tokens that gives.</summary>
    public int TakeKnown(ReadOnlySpan<int> tokens, int most)
    {
        int size = pool.BlockSize;
        while ((_known + 1) * size <= most && pool.Find(KeyOf(tokens)) is { } found)
        {
            pool.Retain(found.Block);
            _blocks.Add(found.Block);
            (_parent, _known) = (found.Id, _known + 1);
        }
        return _known * size;
    }

    /// <summary>Makes full blocks known, once their first <paramref name="computed"/> tokens are computed.</summary>
    public void Publish(ReadOnlySpan<int> tokens, int computed)
    {
        for (; (_known + 1) * pool.BlockSize <= computed; _known++)
            _parent = pool.Register(_blocks[_known], KeyOf(tokens)).Id;
    }

    /// <summary>Gives back the blocks that lie whole before a position.</summary>
    public void PassBefore(int position)
    {
        for (; (_passed + 1) * pool.BlockSize <= position && _passed < _blocks.Count; _passed++)
        {
            if (_blocks[_passed] != Gone)
                pool.Release(_blocks[_passed]);
            _blocks[_passed] = Gone;
        }
    }

    /// <summary>Gives back the blocks that the first <paramref name="length"/> tokens do not need.</summary>
    public void Trim(int length)
    {
        int keep = Ceiling(length);
        for (int i = _blocks.Count - 1; i >= keep; i--)
        {
            if (_blocks[i] != Gone)
                pool.Release(_blocks[i]);
            _blocks.RemoveAt(i);
        }
    }

    /// <summary>A table of a text that goes on from the first <paramref name="length"/> tokens.</summary>
    public BlockTable Fork(int length)
    {
        var fork = new BlockTable(pool, Root) { _known = _known, _parent = _parent, _passed = _passed };
        for (int i = 0; i < Ceiling(length); i++)
        {
            if (_blocks[i] != Gone)
                pool.Retain(_blocks[i]);
            fork._blocks.Add(_blocks[i]);
        }
        return fork;
    }

    /// <summary>Gives everything back, the end first: it is the first to be taken for other texts.</summary>
    /// <param name="forget">Nobody is to find the contents again.</param>
    public void Clear(bool forget = false)
    {
        for (int i = _blocks.Count - 1; forget && i >= 0; i--)
        {
            if (_blocks[i] != Gone)
                pool.Forget(_blocks[i]);
        }
        Trim(0);
        (_known, _passed, _parent) = (0, 0, 0);
    }

    private BlockKey KeyOf(ReadOnlySpan<int> tokens) =>
        new(_parent, _known == 0 ? Root : "", tokens.Slice(_known * pool.BlockSize, pool.BlockSize).ToArray());

    private bool SharedAt(int from)
    {
        int at = from / pool.BlockSize;
        return at < _blocks.Count && _blocks[at] != Gone && pool.References(_blocks[at]) > 1;
    }

    private int Ceiling(int length) => (length + pool.BlockSize - 1) / pool.BlockSize;
}
