namespace Athanor.Tensors.Kernels;

/// <summary>One text of a batch over a paged cache: <see cref="Count"/> queries of successive positions see the keys up to their own.</summary>
internal struct PagedText
{
    /// <summary>The place of the first query among the queries of all texts, how many there are, and the position of the first.</summary>
    public int Start, Count, Position;

    /// <summary>Where the text's table begins among the blocks of all texts.</summary>
    public int FirstBlock;
}

/// <summary>Attention of many texts over one paged cache, see <see cref="PagedAttentionKernel"/>.</summary>
internal unsafe struct PagedAttentionArgs
{
    /// <summary>What the texts have in common: types, heads, operands, masks, <see cref="AttentionArgs.Blocks"/> of all texts.</summary>
    public AttentionArgs Shared;

    public PagedText* Texts;
    public int Count;

    /// <summary>The attention of one text.</summary>
    public readonly AttentionArgs Of(int text)
    {
        PagedText t = Texts[text];
        int size = Shared.Type.Size();
        AttentionArgs a = Shared;
        a.Q.Pointer += t.Start * a.Q.Time * size;
        a.O.Pointer += t.Start * a.O.Time * size;
        (a.QueryLength, a.Offset, a.KeyLength) = (t.Count, t.Position, t.Position + t.Count);
        a.Blocks += t.FirstBlock;
        return a;
    }
}
