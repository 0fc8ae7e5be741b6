using System.Text;
using Athanor.Testing;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Tests.Testing;
using Athanor.Tokenizers.Training;

namespace Athanor.Tokenizers.Tests.Training;

public class VocabularyExtensionTests
{
    private const string Stories = "tinystories-sample/tinystories_v2_sample.txt";

    private static readonly string[] Words = ["king", "queen", "castle", "sword", "shield", "dragon", "the", "and", "of", "old", "golden", "under", "over", "thunder"];

    [Fact]
    public void Going_on_with_the_same_text_gives_what_training_longer_gives()
    {
        PieceCounts text = Count(RandomText(1, 3000));
        BpeTrainingResult longer = BpeTrainer.Train(text, new BpeTrainerOptions(420));
        Tokenizer shorter = BpeTrainer.Train(text, new BpeTrainerOptions(310)).ToTokenizer(PieceScanners.Cl100k);
        VocabularyExtensionResult extended = VocabularyExtension.LearnMerges(shorter, text, longer.VocabularySize - 310);
        Assert.Equal(longer.Tokens.Select(token => (token.Key, Convert.ToHexString(token.Value))),
            Enumerable.Range(0, extended.Tokenizer.VocabularySize).Select(id => (id, Convert.ToHexString(extended.Tokenizer.Model.Vocabulary[id]))));
        Assert.Equal(longer.ToTokenizer(PieceScanners.Cl100k).Encode(RandomText(2, 500)), extended.Tokenizer.Encode(RandomText(2, 500)));
    }

    [Theory]
    [InlineData(SpecialTokenPlace.Start)]
    [InlineData(SpecialTokenPlace.End)]
    public void New_tokens_replaced_by_their_old_ids_give_the_old_ids_of_any_text(SpecialTokenPlace place)
    {
        Tokenizer old = Base(place);
        VocabularyExtensionResult merged = VocabularyExtension.LearnMerges(old, Count(RandomText(5, 2000) + " sorcery sorcerer sorcerers"), 60);
        VocabularyExtensionResult worded = VocabularyExtension.AddWords(merged.Tokenizer, ["sorcery", "thunderstorm", "kings", "dragon"]);
        Assert.True(merged.NewTokens.Count > 10);
        var random = new Random(4);
        int changed = 0;
        for (int round = 0; round < 300; round++)
        {
            byte[] text = round % 2 == 0 ? NastyText.Create(random, 80) : Encoding.UTF8.GetBytes(RandomText(round, 20) + " sorcery thunderstorms kings");
            int[] ids = Encode(old, text);
            int[] first = Encode(merged.Tokenizer, text), second = Encode(worded.Tokenizer, text);
            Assert.Equal(ids, Replaced(first, merged));
            Assert.Equal(first, Replaced(second, worded));
            if (!first.Any(id => id >= old.VocabularySize))
                Assert.Equal(ids, first);
            else
                changed++;
        }
        Assert.True(changed > 50);
        for (int id = 0; id < old.VocabularySize; id++)
            Assert.Equal(old.GetToken(id), worded.Tokenizer.GetToken(id));
    }

    [Fact]
    public void Words_added_by_merges_become_one_token_each()
    {
        Tokenizer old = Base(SpecialTokenPlace.End);
        string[] words = ["sorcery", "sorcerer", "thunderstorm", "mississippi", "aaaaaaaaaaa", "\u00fcbersicht", "\u0434\u0440\u0430\u043a\u043e\u043d"];
        VocabularyExtensionResult result = VocabularyExtension.AddWords(old, words);
        Assert.Empty(result.Skipped);
        foreach (string word in words)
        {
            int[] ids = result.Tokenizer.Encode(" " + word);
            Assert.Single(ids);
            Assert.True(ids[0] >= old.VocabularySize);
            Assert.Equal(old.Encode(" " + word), result.NewTokens.Single(token => token.Id == ids[0]).OldIds);
            Assert.Equal(" " + word, result.Tokenizer.Decode(ids));
        }
        Assert.Equal(old.Encode("<s>"), result.Tokenizer.Encode("<s>"));
    }

    [Fact]
    public void Words_that_cannot_be_added_are_skipped_with_the_reason()
    {
        Tokenizer old = Base(SpecialTokenPlace.End);
        VocabularyExtensionResult result = VocabularyExtension.AddWords(old, ["castle", "two words", "", "sorcery", "sorcery"]);
        Assert.Equal(["castle", "two words", "", "sorcery"], result.Skipped.Select(skip => skip.Word));
        Assert.Equal("is a token already", result.Skipped[0].Reason);
        Assert.Contains("cut by the pre-tokenizer cl100k", result.Skipped[1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Words_added_as_added_tokens_are_found_where_no_letter_touches_them()
    {
        Tokenizer old = Base(SpecialTokenPlace.End);
        VocabularyExtensionResult result = VocabularyExtension.AddWords(old, ["sorcery", "two words"], WordAddition.AddedTokens);
        Assert.Equal([old.VocabularySize, old.VocabularySize + 1], result.NewTokens.Select(token => token.Id));
        Assert.Contains(old.VocabularySize + 1, result.Tokenizer.Encode("the two words of"));
        Assert.Equal(old.Encode("sorcerys xsorcery"), result.Tokenizer.Encode("sorcerys xsorcery"));
        Assert.Equal("sorcery, two words", result.Tokenizer.Decode(result.Tokenizer.Encode("sorcery, two words")));
        Assert.False(result.Tokenizer.AddedTokens[^1].Special);
    }

    [Fact]
    public void Too_little_domain_text_says_so()
    {
        VocabularyExtensionResult result = VocabularyExtension.LearnMerges(Base(SpecialTokenPlace.End), Count("xyzxyz"), 50);
        Assert.Contains("of 50 merges", result.StoppedEarly, StringComparison.Ordinal);
        Assert.Contains("more domain text", result.StoppedEarly, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenizers_of_another_kind_are_refused()
    {
        Tokenizer unigram = UnigramTrainer.Train(DocumentSource.From(["one two"]), new PieceCounterOptions(UnigramTrainerOptions.Words), new UnigramTrainerOptions(30)).ToTokenizer();
        Assert.Contains("byte-level BPE", Assert.Throws<NotSupportedException>(() => VocabularyExtension.AddWords(unigram, ["a"])).Message, StringComparison.Ordinal);
    }

    [SharedDataFact(Stories)]
    public void Held_out_domain_text_gets_shorter()
    {
        string text = File.ReadAllText(SharedData.Path(Stories));
        Tokenizer old = Base(SpecialTokenPlace.End);
        PieceCounts domain = PieceCounter.Count(DocumentSource.From([text[..1_000_000]]), new PieceCounterOptions(VocabularyExtension.ScannerOf(old)));
        ReadOnlyMemory<byte> heldOut = Encoding.UTF8.GetBytes(text[1_000_000..1_300_000]);
        VocabularyExtensionResult merged = VocabularyExtension.LearnMerges(old, domain, 1000);
        CompressionChange change = VocabularyExtension.Compare(old, merged.Tokenizer, [heldOut]);
        Assert.Equal(heldOut.Length, change.Bytes);
        Assert.InRange(change.BytesPerTokenAfter, 3.2, 4.5);
        Assert.True(change.Saved > 0.4, $"{change.Saved:P1}");

        IReadOnlyList<string> words = VocabularyExtension.CommonWords(old, domain, 500);
        CompressionChange byWords = VocabularyExtension.Compare(old, VocabularyExtension.AddWords(old, words).Tokenizer, [heldOut]);
        Assert.True(byWords.Saved > 0.3, $"{byWords.Saved:P1}");
    }

    private static int[] Replaced(int[] ids, VocabularyExtensionResult extension)
    {
        Dictionary<int, IReadOnlyList<int>> old = extension.NewTokens.ToDictionary(token => token.Id, token => token.OldIds);
        return [.. ids.SelectMany(id => old.TryGetValue(id, out IReadOnlyList<int>? parts) ? parts : [id])];
    }

    private static Tokenizer Base(SpecialTokenPlace place) =>
        BpeTrainer.Train(Count(RandomText(3, 3000)), new BpeTrainerOptions(310) { SpecialTokens = ["<s>", "</s>"], SpecialTokenPlace = place }).ToTokenizer(PieceScanners.Cl100k);

    private static string RandomText(int seed, int words)
    {
        var random = new Random(seed);
        return string.Concat(Enumerable.Range(0, words).Select(_ => " " + Words[random.Next(Words.Length)] + (random.Next(5) == 0 ? "s" : "") + (random.Next(7) == 0 ? "," : "")));
    }

    private static PieceCounts Count(string text) => PieceCounter.Count(DocumentSource.From([text]), new PieceCounterOptions(PieceScanners.Cl100k) { Threads = 1 });

    private static int[] Encode(Tokenizer tokenizer, byte[] text)
    {
        var buffer = new TokenBuffer();
        tokenizer.Encode(text, buffer);
        return buffer.Ids.ToArray();
    }
}
