using System.Text;

namespace Athanor.Tokenizers.Decoders;

/// <summary>Decodes speech models' output: repeated tokens count once, padding is dropped.</summary>
/// <param name="PadToken">What is dropped.</param>
/// <param name="WordDelimiterToken">What is written as a space when cleaning up.</param>
/// <param name="Cleanup">Takes spaces before punctuation away and writes delimiters as spaces.</param>
public sealed record CtcDecoder(string PadToken = "<pad>", string WordDelimiterToken = "|", bool Cleanup = true) : TokenDecoder
{
    internal override DecodeStage Start(DecodeStage next, bool asText) => new Stage(next, this);

    private sealed class Stage(DecodeStage next, CtcDecoder settings) : WholeTokenStage(next)
    {
        private readonly byte[] _pad = Encoding.UTF8.GetBytes(settings.PadToken), _delimiter = Encoding.UTF8.GetBytes(settings.WordDelimiterToken);
        private byte[]? _last;

        protected override void Take(ReadOnlySpan<byte> token)
        {
            if (_last is not null && token.SequenceEqual(_last))
                return;
            _last = token.ToArray();
            token = WordPieceDecoder.Replace(_last, _pad, default);
            if (settings.Cleanup)
                token = WordPieceDecoder.Replace(WordPieceDecoder.Clean(token), _delimiter, " "u8);
            if (!token.IsEmpty)
                Next.Token(token);
        }
    }
}
