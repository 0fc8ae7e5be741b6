using Athanor.Data.Quality;
using Athanor.Data.Segmentation;

namespace Athanor.Data.Tests.Segmentation;

public sealed class WordTests
{
    [Fact]
    public void Words_between_spaces_are_those_of_a_plain_split()
    {
        var random = new Random(5);
        char[] alphabet = [.. "abcXYZ.,-1  \t\n\u00a0\u2028\u001céß日\u0301"];
        var spaces = new SpaceWords();
        var words = new WordTable();
        for (int round = 0; round < 500; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(0, 300)).Select(_ => random.Next(40) == 0 ? new string('q', random.Next(50, 140)) : random.Next(30) == 0 ? "\U0001F64F" : alphabet[random.Next(alphabet.Length)].ToString()));
            words.Clear();
            spaces.Scan(text, words);
            string[] expected = text.Split([' ', '\t', '\n', '\u00a0', '\u2028', '\u001c'], StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(expected, Enumerable.Range(0, words.Count).Select(i => text.Substring(words.Starts[i], words.Units[i])));
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(Naive(expected[i]), words.Hashes[i]);
                Assert.Equal(expected[i].EnumerateRunes().Count(), words.Points[i]);
                Assert.Equal(expected[i].EnumerateRunes().Any(System.Text.Rune.IsLetter), (words.Traits[i] & WordTraits.Alphabetic) != 0);
                Assert.Equal(expected[i].All(char.IsAsciiLetter), (words.Traits[i] & WordTraits.Plain) != 0);
            }
        }

        static ulong Naive(string word) => word.Aggregate(0UL, (hash, unit) => unchecked(hash * WordHash.Base + unit + 1));
    }

    [Theory]
    [InlineData("the", true, true)]
    [InlineData("The", false, true)]
    [InlineData("WITH", false, true)]
    [InlineData("then", false, false)]
    [InlineData("th", false, false)]
    public void Stop_words_are_told_with_and_without_case(string word, bool exact, bool any)
    {
        var words = new WordTable();
        new SpaceWords().Scan(word, words);
        Assert.Equal(exact, (words.Traits[0] & WordTraits.StopWord) != 0);
        Assert.Equal(any, (words.Traits[0] & WordTraits.StopWordAnyCase) != 0);
    }

    /// <summary>From the examples of UAX 29, and what its rules WB5 to WB13b say.</summary>
    [Theory]
    [InlineData("The quick (\"brown\") fox can't jump 32.3 feet, right?", "The|quick|brown|fox|can't|jump|32.3|feet|right")]
    [InlineData("a.b 3,4 3a a_b _x a:b a: 1:2 e.g. 3.a", "a.b|3,4|3a|a_b|a:b|a|1|2|e.g|3|a")]
    [InlineData("Straße na\u0301ive l\u2019eau a\u00adb", "Straße|na\u0301ive|l\u2019eau|a\u00adb")]
    [InlineData("日本語 カタカナ", "日|本|語|カタカナ")]
    public void Words_of_uax_29_begin_with_a_letter_or_digit(string text, string expected)
    {
        var words = new WordTable();
        UnicodeWords.Scan(text, words);
        Assert.Equal(expected, string.Join('|', Enumerable.Range(0, words.Count).Select(i => text.Substring(words.Starts[i], words.Units[i]))));
    }

    [Fact]
    public void A_text_that_is_longer_than_the_memory_for_split_words_is_split_the_same()
    {
        var spaces = new SpaceWords();
        var english = new EnglishWords();
        WordTable spaced = new(), words = new();
        for (int round = 0; round < 30; round++)
        {
            string text = string.Join(' ', Enumerable.Range(round * 3000, 3000).Select(i => $"({i}km/h),"));
            spaced.Clear();
            words.Clear();
            spaces.Scan(text, spaced);
            english.Split(text, spaced, words);
            string[] expected = [.. Enumerable.Range(round * 3000, 3000).SelectMany(i => (string[])["(", $"{i}", "km/h", ")", ","])];
            Assert.Equal(expected, Enumerable.Range(0, words.Count).Select(i => text.Substring(words.Starts[i], words.Units[i])));
        }
    }

    [Fact]
    public void The_sieve_leaves_every_repeated_key_and_few_others()
    {
        var random = new Random(2);
        var sieve = new RepeatSieve();
        int others = 0, all = 0;
        for (int round = 0; round < 200; round++)
        {
            ulong[] keys = [.. Enumerable.Range(0, random.Next(1, 3000)).Select(_ => random.Next(10) == 0 ? (ulong)random.Next(50) * 0x1234567 : (ulong)random.NextInt64())];
            var repeated = keys.GroupBy(key => key).Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet();
            int[] places = sieve.Find(keys).ToArray();
            Assert.Equal(places.Order().Distinct(), places);
            Assert.Equal(Enumerable.Range(0, keys.Length).Where(i => repeated.Contains(keys[i])), places.Where(i => repeated.Contains(keys[i])));
            others += places.Count(i => !repeated.Contains(keys[i]));
            all += keys.Length;
        }
        Assert.InRange((double)others / all, 0, 0.05);
    }
}
