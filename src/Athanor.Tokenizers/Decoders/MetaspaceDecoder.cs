using System.Text;
using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers.Decoders;

/// <summary>Writes the marks of <see cref="MetaspacePreTokenizer"/> as spaces; those of the first token are dropped unless none are ever put before.</summary>
/// <param name="Replacement">The mark.</param>
/// <param name="PrependScheme">Where the pre-tokenizer puts marks.</param>
/// <param name="Splits">Kept for the file, without effect.</param>
public sealed record MetaspaceDecoder(Rune Replacement, PrependScheme PrependScheme = PrependScheme.Always, bool Splits = true) : TokenDecoder
{
    internal override DecodeStage Start(DecodeStage next, bool asText) =>
        new Stage(next, Encoding.UTF8.GetBytes(Replacement.ToString()), PrependScheme != PrependScheme.Never);

    private sealed class Stage(DecodeStage next, byte[] mark, bool dropsFirst) : ReplacingStage(next, mark, [])
    {
        private int _tokens;

        protected override ReadOnlySpan<byte> Replacement => _tokens == 1 && dropsFirst ? default : " "u8;

        public override void Begin()
        {
            _tokens = Math.Min(_tokens + 1, 2);
            base.Begin();
        }
    }
}
