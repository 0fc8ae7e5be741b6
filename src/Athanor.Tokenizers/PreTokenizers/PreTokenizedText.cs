using Athanor.Tokenizers.Normalizers;

namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>A normalized text cut into pieces, which pre-tokenizers cut further, drop or rewrite.</summary>
public sealed class PreTokenizedText
{
    private readonly List<ByteRange> _pieces = [], _next = [];

    /// <summary>The text that the pieces lie in.</summary>
    public NormalizedText Text { get; } = new();

    /// <summary>The pieces in order; bytes between two pieces are dropped.</summary>
    public IReadOnlyList<ByteRange> Pieces => _pieces;

    /// <summary>Takes the present text as one piece.</summary>
    public void Reset()
    {
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
        _pieces.Clear();
        _pieces.AddRange(_next);
        _next.Clear();
    }
}
