namespace Athanor.Tokenizers.PreTokenizers;

/// <summary>Runs of word characters and runs of other marks (<c>\w+|[^\w\s]+</c>); white space is dropped.</summary>
public sealed record WhitespacePreTokenizer : PreTokenizer
{
    public override void Split(PreTokenizedText text)
    {
        ReadOnlySpan<byte> bytes = text.Text.Bytes;
        foreach (ByteRange piece in text.Pieces)
        {
            int start = piece.Start;
            Kind kind = Kind.Space;
            for (int at = piece.Start, length; at < piece.End; at += length)
            {
                Kind next = KindOf(Utf8Text.Read(bytes[..piece.End], at, out length));
                if (next == kind)
                    continue;
                if (kind != Kind.Space)
                    text.Add(new ByteRange(start, at - start));
                (start, kind) = (at, next);
            }
            if (kind != Kind.Space)
                text.Add(new ByteRange(start, piece.End - start));
        }
        text.Commit();
    }

    private static Kind KindOf(int codePoint) =>
        Utf8Text.IsWhiteSpace(codePoint) ? Kind.Space : Utf8Text.IsWord(codePoint) ? Kind.Word : Kind.Mark;

    private enum Kind
    {
        Space,
        Word,
        Mark,
    }
}
