using Athanor.Tokenizers.Normalizers;
using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers;

/// <summary>Encodes with any pre-tokenizer and any model.</summary>
internal sealed class PipelineEncoder(PreTokenizer? preTokenizer, TokenModel model) : TextEncoder
{
    [ThreadStatic]
    private static PreTokenizedText? _idleText;

    [ThreadStatic]
    private static TokenBuffer? _idleCounter;

    /// <summary>Whether normalized text has to keep its origins even where ranges are not wanted.</summary>
    public bool NeedsOrigins => preTokenizer?.NeedsOrigins ?? false;

    public override void Encode(ReadOnlySpan<byte> text, int start, TokenBuffer output)
    {
        if (preTokenizer is null)
        {
            if (!text.IsEmpty)
                model.Encode(text, start, output);
            return;
        }
        PreTokenizedText pieces = Rent();
        pieces.Text.Reset(text, start, output.WithRanges);
        EncodePieces(pieces, start == 0, output);
    }

    /// <summary>Appends the tokens of a run of normalized text; ranges are in the source.</summary>
    public void Encode(NormalizedText text, int from, int length, bool startsSource, TokenBuffer output)
    {
        PreTokenizedText pieces = Rent();
        pieces.Text.Reset(text, from, length);
        EncodePieces(pieces, startsSource, output);
    }

    public override int Count(ReadOnlySpan<byte> text)
    {
        TokenBuffer counter = _idleCounter ?? new TokenBuffer();
        _idleCounter = null;
        counter.Clear();
        Encode(text, 0, counter);
        int count = counter.Count;
        if (count <= 1 << 20)
            _idleCounter = counter;
        return count;
    }

    private void EncodePieces(PreTokenizedText pieces, bool startsSource, TokenBuffer output)
    {
        pieces.Reset(startsSource);
        preTokenizer?.Split(pieces);
        ReadOnlySpan<byte> bytes = pieces.Text.Bytes;
        int first = output.Count;
        foreach (ByteRange piece in pieces.Pieces)
            model.Encode(bytes.Slice(piece.Start, piece.Length), piece.Start, output);
        if (output.WithRanges)
            ToSource(pieces.Text, output, first);
        pieces.Text.Trim(1 << 24);
        _idleText = pieces;
    }

    /// <summary>Changes the ranges of tokens from <paramref name="first"/> on from places in normalized text to places in the source.</summary>
    public static void ToSource(NormalizedText text, TokenBuffer output, int first)
    {
        ReadOnlySpan<ByteRange> ranges = output.Ranges;
        for (int i = first; i < ranges.Length; i++)
            output.SetRange(i, text.Origin(ranges[i].Start, ranges[i].Length));
    }

    private static PreTokenizedText Rent()
    {
        PreTokenizedText text = _idleText ?? new PreTokenizedText();
        _idleText = null;
        return text;
    }
}
