namespace Athanor.Tokenizers.Decoders;

/// <summary>Reads tokens written in GPT-2's byte alphabet and joins their bytes; a token with another character in it stands for itself.</summary>
/// <param name="AddPrefixSpace">Kept for the file, without effect.</param>
/// <param name="TrimOffsets">Kept for the file, without effect.</param>
/// <param name="UseRegex">Kept for the file, without effect.</param>
public sealed record ByteLevelDecoder(bool AddPrefixSpace = true, bool TrimOffsets = true, bool UseRegex = true) : TokenDecoder
{
    internal override DecodeStage Start(DecodeStage next, bool asText) => new Stage(new FuseDecoder.Stage(next));

    private sealed class Stage(DecodeStage next) : WholeTokenStage(next)
    {
        private byte[] _bytes = new byte[64];

        protected override void Take(ReadOnlySpan<byte> token)
        {
            if (_bytes.Length < token.Length)
                _bytes = new byte[2 * token.Length];
            Next.Token(ByteAlphabet.TryDecode(token, _bytes, out int length) ? _bytes.AsSpan(0, length) : token);
        }
    }
}
