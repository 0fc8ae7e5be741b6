using System.Text;
using Athanor.Testing;
using Athanor.Tokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Training;

namespace Athanor.Inference.Tests.Constraints;

/// <summary>Small tokenizers of the kinds in use, with tokens that cross the borders of JSON's parts and cut characters in two.</summary>
internal static class ConstraintTokenizers
{
    private static readonly Lazy<Tokenizer> s_byteLevel = new(() => BpeTrainer
        .Train(Corpus(), new PieceCounterOptions(PieceScanners.Cl100k) { Threads = 1 }, new BpeTrainerOptions(700) { SpecialTokens = ["<|end|>", "<|other|>"], Threads = 1 })
        .ToTokenizer(PieceScanners.Cl100k, new TokenizerSettings { EosToken = "<|end|>" }));

    private static readonly Lazy<Tokenizer> s_unigram = new(() => UnigramTrainer
        .Train(Corpus(), new PieceCounterOptions(UnigramTrainerOptions.Words) { Threads = 1 }, new UnigramTrainerOptions(600) { ByteFallback = true, SplitLettersFromOthers = false, Threads = 1 })
        .ToTokenizer(new TokenizerSettings { BosToken = "<s>", EosToken = "</s>", UnkToken = "<unk>" }));

    /// <summary>Byte-level BPE.</summary>
    public static Tokenizer ByteLevel => s_byteLevel.Value;

    /// <summary>Unigram with byte fallback: two tokens may have the same bytes.</summary>
    public static Tokenizer Unigram => s_unigram.Value;

    /// <summary>All kinds at hand; llama2.c's among them where the shared data is there.</summary>
    public static IEnumerable<Tokenizer> All
    {
        get
        {
            yield return ByteLevel;
            yield return Unigram;
            if (SharedData.Find("stories260K/tok512.bin") is { } file)
                yield return Tokenizer.Load(file);
        }
    }

    private static DocumentSource Corpus()
    {
        var random = new Random(7);
        string[] words = ["name", "city", "value", "true", "false", "null", "Z\u00FCrich", "\u6771\u4EAC", "\U0001F600", "\u041C\u043E\u0441\u043A\u0432\u0430", "get_weather", "tool_call", "a b"];
        var text = new StringBuilder();
        for (int i = 0; i < 1500; i++)
        {
            string word = words[random.Next(words.Length)], other = words[random.Next(words.Length)];
            text.Append((i % 6) switch
            {
                0 => $"{{\"{word}\": \"{other}\", \"n\": {random.Next(1000)}}}\n",
                1 => $"[{random.Next(100)}, {random.Next(100)}.5, \"{word}\"]\n",
                2 => $"{{\"{word}\":{{\"{other}\":[]}}}}\n",
                3 => $"<tool_call>\n{{\"name\": \"{word}\", \"arguments\": {{}}}}\n</tool_call>\n",
                4 => $"{word} {other} \\n \\u00e9 \"\", \"}}, \"]\n",
                _ => $"2024-{random.Next(10, 13)}-{random.Next(10, 28)}T10:00:00Z {word}@{i}.org {random.Next()}\n",
            });
        }
        return DocumentSource.From([text.ToString()]);
    }
}
