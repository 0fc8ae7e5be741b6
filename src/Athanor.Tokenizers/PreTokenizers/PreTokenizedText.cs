using System.Runtime.InteropServices;
using Athanor.Tokenizers.Normalizers;

namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>A normalized text cut into pieces, which pre-tokenizers cut further, drop or rewrite.</summary>
public sealed class PreTokenizedText
{
    private List<ByteRange> _pieces = [], _next = [];

    /// <summary>The text that the pieces lie in.</summary>
    public NormalizedText Text { get; } = new();

    /// <summary>The pieces in order; bytes between two pieces are dropped.</summary>
    public ReadOnlySpan<ByteRange> Pieces => CollectionsMarshal.AsSpan(_pieces);

    /// <summary>Whether the first byte of the text is the first byte of the source; for texts whose bytes do not know their origin.</summary>
    public bool StartsSource { get; private set; }

    internal List<ByteRange> Matches { get; } = [];

    internal SplitParts Parts { get; } = new();

    /// <summary>Takes the present text as one piece.</summary>
    public void Reset(bool startsSource)
    {
        StartsSource = startsSource;
        _pieces.Clear();
        _next.Clear();
        if (!Text.Bytes.IsEmpty)
            _pieces.Add(new ByteRange(0, Text.Bytes.Length));
    }

    /// <summary>Writes a piece of the next cut; <see cref="Commit"/> makes that the present one. Empty pieces are left out.</summary>
    public void Add(ByteRange piece)
    {
        if (piece.Length > 0)
            _next.Add(piece);
    }

    /// <summary>Makes the pieces that were written the present ones.</summary>
    public void Commit()
    {
        (_pieces, _next) = (_next, _pieces);
        _next.Clear();
    }

    /// <summary>Whether the source of <paramref name="piece"/> is the start of the whole source.</summary>
    internal bool IsFirst(ByteRange piece) =>
        Text.Aligned ? piece.Length > 0 && Text.Origin(piece.Start).Start == 0 : StartsSource && piece.Start == 0;
}
