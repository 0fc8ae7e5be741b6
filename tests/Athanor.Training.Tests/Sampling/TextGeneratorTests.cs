using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Models.Initialization;
using Athanor.Tensors;
using Athanor.Tokenizers;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Training;
using Athanor.Training.Batches;
using Athanor.Training.Sampling;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Sampling;

public sealed class TextGeneratorTests : IDisposable
{
    private static readonly Tokenizer Bytes = Train();
    private readonly Decoder _model = new(Device.Default, Tiny.Config with { VocabularySize = 300 }, DType.F32, new InitialValues(Seed: 3, Deviation: 0.2f, EmbeddingDeviation: 1));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void What_is_told_on_the_way_is_the_text_and_has_no_half_characters()
    {
        var generator = new TextGenerator(_model, Bytes);
        foreach (int seed in Enumerable.Range(0, 6))
        {
            var parts = new List<string>();
            GeneratedText text = generator.Continue("d\u00e9j\u00e0 vu", new SamplingSettings { Temperature = 1, MaxTokens = 40, Seed = seed }, parts.Add, CancellationToken.None);
            Assert.Equal(text.Text, string.Concat(parts));
            Assert.DoesNotContain(parts, part => part.Length == 0 || char.IsHighSurrogate(part[^1]));
            // Random bytes are often no characters, but never more than the bytes that were written; ids beyond the tokenizer's are never drawn.
            Assert.Equal(System.Text.Encoding.UTF8.GetString(Bytes.DecodeBytes([.. text.Tokens])), text.Text);
            Assert.All(text.Tokens, token => Assert.InRange(token, 0, Bytes.VocabularySize - 1));
            Assert.Equal(text.Text, generator.Continue("d\u00e9j\u00e0 vu", new SamplingSettings { Temperature = 1, MaxTokens = 40, Seed = seed }).Text);
        }
    }

    [Fact]
    public void A_stop_text_ends_it_and_is_not_part_of_it()
    {
        var generator = new TextGenerator(_model, Bytes);
        var settings = new SamplingSettings { Temperature = 0, MaxTokens = 30 };
        GeneratedText whole = generator.Continue("a", settings);
        string stop = whole.Text[4..6];
        GeneratedText cut = generator.Continue("a", settings with { Stop = [stop, "never there"] });
        Assert.Equal(EndReason.Stop, cut.Reason);
        Assert.Equal(whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)], cut.Text);
        Assert.True(cut.Tokens.Count < whole.Tokens.Count);
    }

    [Fact]
    public void Any_of_the_end_tokens_ends_it()
    {
        var settings = new SamplingSettings { Temperature = 0, MaxTokens = 20 };
        int third = new TextGenerator(_model, Bytes).Continue("a", settings).Tokens[2];
        GeneratedText cut = new TextGenerator(_model, Bytes, ends: [third, 7777]).Continue("a", settings);
        Assert.Equal((EndReason.End, true), (cut.Reason, cut.Ended));
        Assert.DoesNotContain(third, cut.Tokens);
        // A begin token begins another document.
        cut = new TextGenerator(_model, Bytes, new DocumentFrame(Bytes.EosId, null)).Continue("a", settings with { Temperature = 100, MaxTokens = 400, Seed = 1 });
        Assert.Equal(EndReason.End, cut.Reason);
        Assert.DoesNotContain(Bytes.EosId!.Value, cut.Tokens);
    }

    [Fact]
    public void Prompts_that_the_model_cannot_read_are_refused()
    {
        var settings = new SamplingSettings();
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => new TextGenerator(_model, Bytes, new DocumentFrame(null, null)).Continue("", settings)).Message, StringComparison.Ordinal);
        using Decoder small = new(Device.Default, Tiny.Config, DType.F32, new InitialValues());
        Assert.Contains("tokenizer", Assert.Throws<ArgumentException>(() => new TextGenerator(small, Bytes).Continue("zebra", settings)).Message, StringComparison.Ordinal);
        using Decoder learned = new(Device.Default, _model.Config with { Position = PositionKind.Learned, ContextLength = 8 }, DType.F32, new InitialValues());
        Assert.Contains("8", Assert.Throws<ArgumentException>(() => new TextGenerator(learned, Bytes).Continue("qwertyuiop", settings)).Message, StringComparison.Ordinal);
        Assert.Equal(8 - 3 + 1, new TextGenerator(learned, Bytes, new DocumentFrame(null, null)).Continue("qwe", settings with { MaxTokens = 50 }).Tokens.Count);
    }

    private static Tokenizer Train()
    {
        PieceScanner scanner = PieceScanners.ByName("gpt2");
        BpeTrainingResult result = BpeTrainer.Train(DocumentSource.From(["the cat sat on the mat", "the hat"]), new PieceCounterOptions(scanner), new BpeTrainerOptions(260) { SpecialTokens = ["<|endoftext|>"] });
        return result.ToTokenizer(scanner, new TokenizerSettings { EosToken = "<|endoftext|>" });
    }
}
