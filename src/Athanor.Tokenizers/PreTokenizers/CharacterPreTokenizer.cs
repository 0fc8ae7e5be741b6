namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>A pre-tokenizer that splits at single characters of a kind.</summary>
public abstract record CharacterPreTokenizer : PreTokenizer
{
    /// <summary>What becomes of those characters.</summary>
    private protected abstract SplitBehavior Behaves { get; }

    /// <summary>Whether the text is split at <paramref name="codePoint"/>, which is -1 for a byte that is not UTF-8.</summary>
    protected abstract bool SplitsAt(int codePoint);

    public override void Split(PreTokenizedText text)
    {
        ReadOnlySpan<byte> bytes = text.Text.Bytes;
        SplitParts parts = text.Parts;
        foreach (ByteRange piece in text.Pieces)
        {
            parts.Start(piece.Start);
            for (int at = piece.Start, length; at < piece.End; at += length)
            {
                if (SplitsAt(Utf8Text.Read(bytes[..piece.End], at, out length)))
                    parts.Match(at, length);
            }
            parts.Finish(piece.End, restIsMatch: false, Behaves, text);
        }
        text.Commit();
    }
}
