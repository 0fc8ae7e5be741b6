using System.Globalization;
using System.Text;
using Athanor.Tokenizers.SentencePiece;

namespace Athanor.Tokenizers.Files.SentencePiece;

/// <summary>The pieces of a file as they are read, checked one by one; errors name the piece.</summary>
internal sealed class PieceList(string source)
{
    private readonly List<byte[]> _pieces = [];
    private readonly Dictionary<byte[], int> _ids = new(ByteStringComparer.Instance);

    public int Count => _pieces.Count;

    public List<float> Scores { get; } = [];

    public List<PieceKind> Kinds { get; } = [];

    /// <summary>Adds a piece with the next id.</summary>
    public void Add(byte[] piece, float score, int kind)
    {
        int id = _pieces.Count;
        if (piece.Length == 0)
            throw Error(id, "is empty");
        if (!float.IsFinite(score))
            throw Error(id, string.Create(CultureInfo.InvariantCulture, $"('{Encoding.UTF8.GetString(piece)}') has the score {score}, which is no number to sort by"));
        if (kind is < (int)PieceKind.Normal or > (int)PieceKind.Byte)
            throw Error(id, $"('{Encoding.UTF8.GetString(piece)}') has the unknown kind {kind}");
        if (!_ids.TryAdd(piece, id))
            throw Error(id, $"('{Encoding.UTF8.GetString(piece)}') is the same as piece {_ids[piece]}");
        _pieces.Add(piece);
        Scores.Add(score);
        Kinds.Add((PieceKind)kind);
    }

    /// <summary>The pieces as a vocabulary.</summary>
    public Vocabulary Build() => new(_pieces.Select((piece, id) => KeyValuePair.Create(id, piece)));

    /// <summary>Demands the pieces of all 256 bytes.</summary>
    public void CheckBytes()
    {
        for (int value = 0; value < 256; value++)
        {
            if (!_ids.TryGetValue(ByteTokens.Name(value), out int id) || Kinds[id] != PieceKind.Byte)
                throw new TokenizerFormatException(source, "", $"byte_fallback is set, but no byte piece {Encoding.ASCII.GetString(ByteTokens.Name(value))} is there");
        }
    }

    private TokenizerFormatException Error(int id, string problem) =>
        new(source, string.Create(CultureInfo.InvariantCulture, $"piece {id}"), problem);
}
