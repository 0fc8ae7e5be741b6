using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Tests.Testing;
using Athanor.Tokenizers.Training;

namespace Athanor.Tokenizers.Tests.Training;

public class TrainedTokenizerTests
{
    [Fact]
    public void Trained_bpe_encodes_decodes_and_survives_its_file()
    {
        var random = new Random(1);
        ReadOnlyMemory<byte>[] documents = [.. Enumerable.Range(0, 50).Select(_ => (ReadOnlyMemory<byte>)NastyText.Create(random, 300))];
        foreach (PieceScanner scanner in PieceScanners.All)
        {
            BpeTrainingResult result = BpeTrainer.Train(
                DocumentSource.From(documents), new PieceCounterOptions(scanner), new BpeTrainerOptions(600) { SpecialTokens = ["<|end|>"], SpecialTokenPlace = SpecialTokenPlace.Start });
            Tokenizer tokenizer = result.ToTokenizer(scanner);
            var file = new MemoryStream();
            tokenizer.WriteJson(file);
            Tokenizer loaded = Tokenizer.FromJson(file.ToArray());
            var (first, second) = (new TokenBuffer(), new TokenBuffer());
            foreach (ReadOnlyMemory<byte> document in documents)
            {
                first.Clear();
                second.Clear();
                tokenizer.Encode(document.Span, first);
                loaded.Encode(document.Span, second);
                Assert.Equal(first.Ids, second.Ids);
                Assert.True(first.Count < document.Length);
                Assert.Equal(document.ToArray(), first.Ids.ToArray().SelectMany(id => tokenizer.GetTokenBytes(id).ToArray()));
            }
            Assert.Equal(600, loaded.VocabularySize);
            Assert.Equal([0], loaded.Encode("<|end|>", EncodeOptions.ParseSpecial));
            Assert.DoesNotContain(0, loaded.Encode("<|end|>"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Trained_unigram_encodes_decodes_and_survives_its_file(bool byteFallback)
    {
        string[] lines = ["the king and the queen", "the kings of old", "under the castle and over the castle", "queens of castles"];
        UnigramTrainingResult result = UnigramTrainer.Train(
            DocumentSource.From(Enumerable.Repeat(lines, 20).SelectMany(line => line)), new PieceCounterOptions(UnigramTrainerOptions.Words),
            new UnigramTrainerOptions(byteFallback ? 320 : 60) { ByteFallback = byteFallback });
        Tokenizer tokenizer = result.ToTokenizer();
        var file = new MemoryStream();
        tokenizer.WriteJson(file);
        Tokenizer loaded = Tokenizer.FromJson(file.ToArray());
        foreach (string line in lines)
        {
            int[] ids = tokenizer.Encode(line);
            Assert.Equal(ids, loaded.Encode(line));
            Assert.Equal(line, loaded.Decode(ids));
            Assert.True(ids.Length < line.Length);
        }
        int[] unknown = tokenizer.Encode("the \u65e5 king");
        Assert.Equal(!byteFallback, unknown.Contains(result.UnknownId));
        if (byteFallback)
            Assert.Equal("the \u65e5 king", tokenizer.Decode(unknown));
        Assert.DoesNotContain(1, tokenizer.Encode("<s>"));
    }
}
