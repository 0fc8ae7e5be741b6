using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.PreTokenizers;

namespace Athanor.Tokenizers.Training;

/// <summary>Cuts before every space, as the Metaspace pre-tokenizer of SentencePiece-like models does: the words that Unigram is trained on.</summary>
internal sealed class MetaspaceWords : PieceScanner
{
    public override string Name => "metaspace";

    public override string Pattern => " ?[^ ]*";

    public override int NextEnd(ReadOnlySpan<byte> text, int start)
    {
        int next = text[(start + 1)..].IndexOf((byte)' ');
        return next < 0 ? text.Length : start + 1 + next;
    }

    internal override ByteLevelEncoder CreateEncoder(ByteLevelBpe model) =>
        throw new NotSupportedException("Words cut at spaces are for training Unigram; byte-level BPE is cut by one of PieceScanners.");
}
