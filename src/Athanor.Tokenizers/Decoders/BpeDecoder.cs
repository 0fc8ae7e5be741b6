using System.Text;

namespace Athanor.Tokenizers.Decoders;

/// <summary>Writes the mark that ends a word as a space, and as nothing in the last token.</summary>
/// <param name="Suffix">The mark, usually <c>&lt;/w&gt;</c>.</param>
public sealed record BpeDecoder(string Suffix = "</w>") : TokenDecoder
{
    internal override DecodeStage Start(DecodeStage next, bool asText) => new Stage(next, Encoding.UTF8.GetBytes(Suffix));

    private sealed class Stage(DecodeStage next, byte[] suffix) : WholeTokenStage(next)
    {
        private byte[]? _held;   // the last token may be the last of all

        protected override void Take(ReadOnlySpan<byte> token)
        {
            if (_held is not null)
                Next.Token(WordPieceDecoder.Replace(_held, suffix, " "u8));
            _held = token.ToArray();
        }

        public override void Finish()
        {
            if (_held is not null)
                Next.Token(WordPieceDecoder.Replace(_held, suffix, default));
            base.Finish();
        }
    }
}
