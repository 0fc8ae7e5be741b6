using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Tokenizers;

/// <summary>Chooses the encoder that cuts and merges in one pass.</summary>
internal static class FusedEncoder
{
    /// <summary>That encoder for a pre-tokenizer that only cuts by a known regex before a model of bytes; otherwise null.</summary>
    public static TextEncoder? Create(PreTokenizer? preTokenizer, TokenModel model)
    {
        if (model is not ByteLevelBpe bpe)
            return null;
        PreTokenizer[] steps = preTokenizer is SequencePreTokenizer sequence ? [.. sequence.Steps] : preTokenizer is null ? [] : [preTokenizer];
        return steps switch
        {
            [ByteLevelPreTokenizer { AddPrefixSpace: false, UseRegex: true, KeepsBytes: true }] => ByteLevelEncoder.Create(bpe, PieceScanners.Gpt2),
            [SplitPreTokenizer { IsolatesScanned: true } split] => ByteLevelEncoder.Create(bpe, split.Scanner!),
            [SplitPreTokenizer { IsolatesScanned: true } split, ByteLevelPreTokenizer { AddPrefixSpace: false, UseRegex: false, KeepsBytes: true }] =>
                ByteLevelEncoder.Create(bpe, split.Scanner!),
            _ => null,
        };
    }
}
