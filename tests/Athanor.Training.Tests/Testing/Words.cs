using System.Text;
using Athanor.Tokenizers;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Training;

namespace Athanor.Training.Tests.Testing;

/// <summary>Sentences, and a small byte-level tokenizer trained on them.</summary>
internal static class Words
{
    public static string[] Texts { get; } =
    [
        .. Enumerable.Range(0, 120).Select(i => $"The method number {i % 7} returns the value of item {i % 5}, or null where the list of caf\u00e9s has no item {i % 11}."),
    ];

    public static Tokenizer Tokenizer(params string[] special) => Tokenizer(320 + special.Length, special);

    public static Tokenizer Tokenizer(int vocabulary, params string[] special)
    {
        PieceScanner scanner = PieceScanners.All[0];
        DocumentSource source = DocumentSource.From([.. Texts.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))]);
        BpeTrainingResult result = BpeTrainer.Train(source, new PieceCounterOptions(scanner), new BpeTrainerOptions(vocabulary) { SpecialTokens = ["<|end|>", .. special] });
        return result.ToTokenizer(scanner, new TokenizerSettings { EosToken = "<|end|>" });
    }

    public static string[] Sentinels(int count) => [.. Enumerable.Range(0, count).Select(i => $"<extra_id_{i}>")];
}
