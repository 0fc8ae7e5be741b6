namespace Athanor.Inference.Cache;

/// <summary>
/// Which blocks of the key-value cache are taken, by how many texts, and what the free ones still hold. Blocks that nobody uses wait in a list from the longest
/// unused to the last used, their contents ready to be found again as a prefix until the block is taken for something else.
/// </summary>
internal sealed class BlockPool
{
    // The list of free blocks runs through the blocks themselves; one place more is its head and tail.
    private readonly int[] _references, _previous, _next;
    private readonly CachedBlock?[] _cached;
    private readonly Dictionary<BlockKey, CachedBlock> _prefixes = [];
    private readonly int _end;
    private long _lastId;

    public BlockPool(int blocks, int blockSize)
    {
        (Blocks, BlockSize, Free, _end) = (blocks, blockSize, blocks, blocks);
        _references = new int[blocks];
        _cached = new CachedBlock?[blocks];
        (_previous, _next) = (new int[blocks + 1], new int[blocks + 1]);
        for (int i = 0; i <= blocks; i++)
            (_previous[i], _next[i]) = (i == 0 ? blocks : i - 1, i == blocks ? 0 : i + 1);
    }

    /// <summary>All blocks.</summary>
    public int Blocks { get; }

    /// <summary>Tokens of a block.</summary>
    public int BlockSize { get; }

    /// <summary>Blocks that nobody uses.</summary>
    public int Free { get; private set; }

    /// <summary>Takes the block that was unused longest; what it held is forgotten. False where all are in use.</summary>
    public bool TryTake(out int block)
    {
        block = _next[_end];
        if (block == _end)
            return false;
        Forget(block);
        Retain(block);
        return true;
    }

    /// <summary>One more user of a block, which may be free: its contents were found again.</summary>
    public void Retain(int block)
    {
        if (_references[block]++ > 0)
            return;
        (_next[_previous[block]], _previous[_next[block]]) = (_next[block], _previous[block]);
        Free--;
    }

    /// <summary>One user less. A block that nobody uses any more can be found by its contents until it is taken; one without known contents is the first to be taken.</summary>
    public void Release(int block)
    {
        if (_references[block] <= 0)
            throw new InvalidOperationException($"The block {block} is free already.");
        if (--_references[block] > 0)
            return;
        (int before, int after) = _cached[block] is null ? (_end, _next[_end]) : (_previous[_end], _end);
        (_previous[block], _next[block]) = (before, after);
        _next[before] = _previous[after] = block;
        Free++;
    }

    /// <summary>How many use a block.</summary>
    public int References(int block) => _references[block];

    /// <summary>Finds a full block behind a known prefix; it may be free.</summary>
    public CachedBlock? Find(in BlockKey key) => _prefixes.GetValueOrDefault(key);

    /// <summary>Makes the contents of a full block known, or gives what is known already of the same contents: texts that run side by side may hold them twice.</summary>
    public CachedBlock Register(int block, in BlockKey key)
    {
        if (_prefixes.TryGetValue(key, out CachedBlock? known))
            return known;
        var added = new CachedBlock(++_lastId, block, key);
        _prefixes.Add(key, added);
        return _cached[block] = added;
    }

    /// <summary>Nobody finds the block's contents any more.</summary>
    public void Forget(int block)
    {
        if (_cached[block] is not { } cached)
            return;
        _prefixes.Remove(cached.Key);
        _cached[block] = null;
    }
}
