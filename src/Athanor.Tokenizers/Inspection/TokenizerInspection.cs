using System.Text;

namespace Athanor.Tokenizers.Inspection;

/// <summary>A short text and the tokens it is cut into.</summary>
public sealed record SampleCut(string Text, IReadOnlyList<string> Tokens);

/// <summary>Everything that an inspection of one tokenizer found.</summary>
public sealed record TokenizerInspection
{
    /// <summary>Texts that show what people ask first: digits, indentation, line ends, contractions, capitals, other scripts.</summary>
    private static readonly string[] Probes =
        ["1", "12", "123", "1234", "1234567", "3.14159", "2026-11-22", "    return x", "\tif (x)", "\n\n\n", "don't", "HELLO world", "\u041F\u0440\u0438\u0432\u0435\u0442, \u043C\u0438\u0440", "\u4F60\u597D\u4E16\u754C", "\U0001F600\U0001F44D\U0001F3FD"];

    /// <summary>What the vocabulary consists of.</summary>
    public required VocabularyReport Vocabulary { get; init; }

    /// <summary>How short texts are cut.</summary>
    public required IReadOnlyList<SampleCut> Samples { get; init; }

    /// <summary>What becomes of each corpus.</summary>
    public required IReadOnlyList<CorpusReport> Corpora { get; init; }

    /// <summary>Ordinary tokens that no corpus used; 0 where none was read.</summary>
    public required int UnusedTokens { get; init; }

    /// <summary>Some of them, lowest ids first.</summary>
    public required IReadOnlyList<TokenExample> Unused { get; init; }

    /// <summary>Puts the findings together; lists show <paramref name="top"/> tokens.</summary>
    public static TokenizerInspection Of(Tokenizer tokenizer, IReadOnlyList<CorpusCounter> counters, int top = 20)
    {
        // Unused in the corpora together: a token of another language is no waste.
        TokenExample[] unused = [];
        if (counters.Count > 0)
            unused = [.. counters[0].Unused().Where(token => counters.All(counter => counter.Uses[token.Id] == 0))];
        return new TokenizerInspection
        {
            Vocabulary = VocabularyReport.Of(tokenizer, top),
            Samples = [.. Probes.Select(text => Cut(tokenizer, text))],
            Corpora = [.. counters.Select(counter => counter.Report(top))],
            UnusedTokens = unused.Length,
            Unused = [.. unused.Take(top)],
        };
    }

    /// <summary>The tokens of <paramref name="text"/> as <see cref="TokenText.Show"/> prints them.</summary>
    public static SampleCut Cut(Tokenizer tokenizer, string text)
    {
        var buffer = new TokenBuffer(withRanges: true);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        tokenizer.Encode(bytes, buffer);
        var tokens = new List<string>(buffer.Count);
        for (int i = 0; i < buffer.Count; i++)
        {
            ByteRange range = buffer.Ranges[i];
            tokens.Add(TokenText.Show(bytes.AsSpan(range.Start, range.Length)));
        }
        return new SampleCut(TokenText.Show(bytes), tokens);
    }
}
