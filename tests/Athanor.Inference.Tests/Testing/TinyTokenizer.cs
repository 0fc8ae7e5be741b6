using Athanor.Tokenizers;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Training;

namespace Athanor.Inference.Tests.Testing;

/// <summary>A byte-level tokenizer of a few merges with an end token.</summary>
internal static class TinyTokenizer
{
    public static Tokenizer Bytes { get; } = Train();

    private static Tokenizer Train()
    {
        PieceScanner scanner = PieceScanners.ByName("gpt2");
        BpeTrainingResult result = BpeTrainer.Train(DocumentSource.From(["the cat sat on the mat", "the hat"]), new PieceCounterOptions(scanner), new BpeTrainerOptions(260) { SpecialTokens = ["<|endoftext|>"] });
        return result.ToTokenizer(scanner, new TokenizerSettings { EosToken = "<|endoftext|>" });
    }
}
