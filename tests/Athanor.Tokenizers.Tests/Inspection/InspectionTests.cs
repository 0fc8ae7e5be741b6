using System.Text;
using Athanor.Tokenizers.Inspection;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Training;

namespace Athanor.Tokenizers.Tests.Inspection;

public sealed class InspectionTests
{
    private static readonly Tokenizer Trained = Train("the cat and the hat and the bat sat 1234 1234 1234", 300);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData(" two  words", "␣two␣␣words")]
    [InlineData("a\n\t\r\\", "a\\n\\t\\r\\\\")]
    [InlineData("\u0301e", "\\u{0301}e")]
    [InlineData("e\u0301", "e\u0301")]
    [InlineData("\u200b\u00a0", "\\u{200B}\\u{00A0}")]
    public void A_token_is_shown_so_that_nothing_of_it_is_lost(string token, string shown) => Assert.Equal(shown, TokenText.Show(Encoding.UTF8.GetBytes(token)));

    [Fact]
    public void Bytes_that_are_no_text_are_shown_as_such() => Assert.Equal("\\xC3(\\xFF", TokenText.Show([0xC3, (byte)'(', 0xFF]));

    [Fact]
    public void A_vocabulary_report_counts_every_token_once()
    {
        VocabularyReport report = VocabularyReport.Of(Trained, top: 3);
        Assert.Equal(Trained.VocabularySize, report.Size);
        Assert.Equal(1, report.Special);
        Assert.Equal(report.Tokens - report.Special, report.Kinds.Sum(group => group.Tokens));
        Assert.Equal(report.Tokens - report.Special, report.Lengths.Sum(group => group.Tokens));
        // The bytes 0x80 to 0xFF are parts of characters, and no merge of this text makes another.
        Assert.Equal(128, report.PartialCharacters);
        Assert.Equal(3, report.Longest.Count);
        Assert.True(report.Longest[0].Bytes >= report.Longest[1].Bytes);
        Assert.Contains(report.Digits, group => group is { Name: "1", Tokens: 10 });
    }

    [Fact]
    public void A_corpus_is_counted_as_a_walk_by_hand_counts_it()
    {
        var counter = new CorpusCounter(Trained, "test");
        counter.Add("the cat"u8);
        counter.Add("zq xj"u8);
        CorpusReport report = counter.Report();
        int tokens = Trained.Encode("the cat").Length + Trained.Encode("zq xj").Length;
        Assert.Equal((2, 12, 12, 4, tokens), (report.Documents, report.Bytes, report.Characters, report.Words, report.Tokens));
        // "the" is a token of its own by then; the letters of "zq" and "xj" were never merged.
        Assert.Equal(2 + (Trained.Encode(" cat").Length > 1 ? 1 : 0) + (Trained.Encode("the").Length > 1 ? 1 : 0), report.SplitWords);
        Assert.Equal(report.Tokens / 4.0, report.TokensPerWord);
        Assert.DoesNotContain(counter.Unused(), token => Trained.Encode("zq xj").Contains(token.Id));
        Assert.Equal(Trained.VocabularySize - 1 - report.Used, counter.Unused().Count);
    }

    [Fact]
    public void A_token_is_unused_only_where_no_corpus_uses_it()
    {
        CorpusCounter first = new(Trained, "a"), second = new(Trained, "b");
        first.Add("the"u8);
        second.Add("hat"u8);
        TokenizerInspection inspection = TokenizerInspection.Of(Trained, [first, second], top: 5);
        Assert.Equal(Trained.VocabularySize - 1 - first.Report().Used - second.Report().Used, inspection.UnusedTokens);
        Assert.Equal(2, inspection.Corpora.Count);
        Assert.All(inspection.Samples, sample => Assert.NotEmpty(sample.Tokens));
    }

    private static Tokenizer Train(string text, int size)
    {
        var scanner = PieceScanners.WithDigits(DigitPolicy.Three);
        BpeTrainingResult result = BpeTrainer.Train(DocumentSource.From([text]), new PieceCounterOptions(scanner), new BpeTrainerOptions(size) { SpecialTokens = ["<|endoftext|>"] });
        return result.ToTokenizer(scanner, new TokenizerSettings { EosToken = "<|endoftext|>" });
    }
}
