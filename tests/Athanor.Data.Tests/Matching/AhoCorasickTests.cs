using Athanor.Data.Matching;

namespace Athanor.Data.Tests.Matching;

public sealed class AhoCorasickTests
{
    [Fact]
    public void All_words_are_found_where_a_search_for_each_finds_them()
    {
        var random = new Random(3);
        for (int round = 0; round < 300; round++)
        {
            string[] words = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => Letters(random, random.Next(1, 5))).Distinct()];
            string text = Letters(random, random.Next(60)) + (random.Next(2) == 0 ? "-é" : "") + Letters(random, random.Next(20)).ToUpperInvariant();
            var machine = new AhoCorasick(words);
            var found = new List<(int End, int Word)>();
            int state = 0;
            for (int i = 0; i < text.Length; i++)
            {
                state = machine.Step(state, text[i]);
                for (int ending = machine.Ending(state); ending != 0; ending = machine.Shorter(ending))
                    found.Add((i + 1, machine.WordOf(ending)));
            }
            var expected = from end in Enumerable.Range(1, text.Length) from word in Enumerable.Range(0, words.Length) where text[..end].EndsWith(words[word], StringComparison.OrdinalIgnoreCase) select (end, word);
            Assert.Equal(expected.Order(), found.Order());
            int first = machine.Find(text, out int at);
            Assert.Equal(found.Count == 0 ? -1 : found[0].Word, first);
            Assert.Equal(found.Count == 0 ? 0 : found[0].End, at);
        }
    }

    [Theory]
    [InlineData("a-b")]
    [InlineData("é")]
    [InlineData("")]
    public void Words_of_other_characters_are_refused(string word) => Assert.Throws<ArgumentException>(() => new AhoCorasick([word]));

    private static string Letters(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => "ab1"[random.Next(3)]));
}
