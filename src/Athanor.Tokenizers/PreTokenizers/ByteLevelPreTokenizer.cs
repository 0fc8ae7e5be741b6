using Athanor.Tokenizers.Normalizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>GPT-2's pre-tokenizer: splits by its regex and writes bytes as characters of the byte alphabet.</summary>
/// <param name="AddPrefixSpace">Puts a space before a piece that does not start with one.</param>
/// <param name="TrimOffsets">Kept for the file; the post-processor of the same name trims.</param>
/// <param name="UseRegex">Splits by the regex; otherwise bytes are only rewritten.</param>
public sealed record ByteLevelPreTokenizer(bool AddPrefixSpace = true, bool TrimOffsets = true, bool UseRegex = true) : PreTokenizer
{
    /// <summary>Leaves the bytes as they are, for models whose tokens are bytes.</summary>
    internal bool KeepsBytes { get; init; }

    public override void Split(PreTokenizedText text)
    {
        if (AddPrefixSpace)
            Prefix(text);
        if (UseRegex)
            SplitPreTokenizer.SplitIsolated(Gpt2Scanner, text);
        if (!KeepsBytes)
            Rewrite(text);
    }

    private static PieceScanner Gpt2Scanner => PieceScanners.Gpt2;

    private static void Prefix(PreTokenizedText text)
    {
        NormalizedText bytes = text.Text;
        foreach (ByteRange piece in text.Pieces)
        {
            int start = bytes.Written;
            if (bytes.Bytes[piece.Start] != ' ')
            {
                Utf8Text.Read(bytes.Bytes, piece.Start, out int length);
                bytes.Append((byte)' ', bytes.Origin(piece.Start, length));
            }
            bytes.Keep(piece.Start, piece.Length);
            text.Add(new ByteRange(start, bytes.Written - start));
        }
        bytes.Commit();
        text.Commit();
    }

    private static void Rewrite(PreTokenizedText text)
    {
        NormalizedText bytes = text.Text;
        Span<byte> character = stackalloc byte[2];
        foreach (ByteRange piece in text.Pieces)
        {
            int start = bytes.Written;
            for (int at = piece.Start; at < piece.End;)
            {
                Utf8Text.Read(bytes.Bytes[..piece.End], at, out int length);
                ByteRange origin = bytes.Origin(at, length);
                for (int end = at + length; at < end; at++)
                    bytes.Append(character[..ByteAlphabet.Write(bytes.Bytes[at], character)], origin);
            }
            text.Add(new ByteRange(start, bytes.Written - start));
        }
        bytes.Commit();
        text.Commit();
    }
}
