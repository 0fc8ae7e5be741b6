namespace Athanor.Inference.Speculation;

/// <summary>Guessed tokens as a tree below the last token of a text. Parents stand before their children; brothers differ. Its arrays are used again.</summary>
public sealed class DraftTree
{
    /// <summary>The parent of a guess for the very next token.</summary>
    public const int Root = -1;

    private int[] _tokens = new int[16], _parents = new int[16], _depths = new int[16];

    /// <summary>Guesses.</summary>
    public int Count { get; private set; }

    /// <summary>The tokens.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Count);

    /// <summary>Of each the node before, or <see cref="Root"/>.</summary>
    public ReadOnlySpan<int> Parents => _parents.AsSpan(0, Count);

    /// <summary>Of each how many places it stands ahead, from 0.</summary>
    public ReadOnlySpan<int> Depths => _depths.AsSpan(0, Count);

    /// <summary>Whether each guess stands behind the one before.</summary>
    public bool IsChain => Count == 0 || _depths[Count - 1] == Count - 1;

    /// <summary>Keeps the first guesses alone.</summary>
    public void Cut(int count) => Count = Math.Min(Count, Math.Max(0, count));

    /// <summary>Forgets all.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a guess and gives its node, which is an earlier one where that was guessed already.</summary>
    /// <param name="parent">The node it follows, or <see cref="Root"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such parent.</exception>
    public int Add(int token, int parent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parent, Root);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(parent, Count);
        if (Child(parent, token) is >= 0 and var known)
            return known;
        if (Count == _tokens.Length)
        {
            Array.Resize(ref _tokens, 2 * Count);
            Array.Resize(ref _parents, 2 * Count);
            Array.Resize(ref _depths, 2 * Count);
        }
        (_tokens[Count], _parents[Count], _depths[Count]) = (token, parent, parent == Root ? 0 : _depths[parent] + 1);
        return Count++;
    }

    /// <summary>The node of a token behind another node, or -1 where it was not guessed.</summary>
    public int Child(int parent, int token)
    {
        for (int node = parent + 1; node < Count; node++)
        {
            if (_parents[node] == parent && _tokens[node] == token)
                return node;
        }
        return -1;
    }
}
