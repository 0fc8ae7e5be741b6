using Athanor.Data.Quality;
using Athanor.Data.Segmentation;

namespace Athanor.Data.Tests.Segmentation;

public class EnglishCounterTests
{
    private static readonly string[] Pieces =
    [
        "the", "The", "to", "of", "and", "that", "be", "have", "with", "cannot", "Cannot", "im", "ol", "shouldntve", "wontve", "Whereve", "a", "nt", "XD", "word", "wordd", "internationalization",
        "don't", "can't.", "e.g.", "U.S.", "(the", "with)", "\"and\"", "...", "…", "--", "to-be", "C#", "#", "•", "3,5", "10%", "x=y", "http://example.org/a?b=c", "user@example.org", ":-)", "\u00e9t\u00e9",
        "\u4f60\u597d\u3002", "\ud83d\ude00", "\ud83d", "\u0301", "na\u00efve", "System.Collections.Generic.Dictionary<TKey,TValue>.Enumerator.MoveNext()", "`", "\0", "gonna,", "the.", "The!",
    ];

    private static readonly string[] Gaps = [" ", " ", " ", " ", "  ", "\n", "\n\n", "\t", "\u00a0", "\u2003", "\u3000", "\u0085", "\u2028", "\u205f", "\u1680", "\u202f", "\u001c", "\r\n", ""];

    private readonly EnglishCounter _counter = new();
    private readonly TextFrame _frame = new();

    [Fact]
    public void Sums_are_those_of_the_words_one_by_one()
    {
        var random = new Random(5);
        for (int round = 0; round < 3000; round++)
        {
            var text = new System.Text.StringBuilder();
            for (int i = random.Next(60); i > 0; i--)
                text.Append(Pieces[random.Next(Pieces.Length)]).Append(Gaps[random.Next(Gaps.Length)]);
            Check(text.ToString());
        }
    }

    [Fact]
    public void Words_may_lie_across_blocks_and_be_as_long_as_they_like()
    {
        foreach (string kind in (string[])["x", "the", "-", "a.", "\u00e9", "\ud83d\ude00", "cannot"])
        {
            for (int before = 0; before < 70; before += 1 + before / 8)
            {
                for (int length = 1; length < 600; length += 1 + length / 8)
                {
                    string piece = string.Concat(Enumerable.Repeat(kind, length));
                    Check(new string(' ', before) + piece);
                    Check(new string('b', before) + " " + piece + "\nthe end.");
                }
            }
        }
    }

    [Fact]
    public void A_text_of_any_length_is_counted_to_its_end()
    {
        const string Sentence = "The cats that be of use to you, and whom you cannot have with a word... (No. 7) ";
        string text = string.Concat(Enumerable.Repeat(Sentence, 4));
        for (int length = 0; length <= text.Length; length++)
            Check(text[..length]);
        Assert.Equal(default, _counter.Count(""));
    }

    [Fact]
    public void Stop_words_count_once_each_and_in_small_letters()
    {
        Assert.Equal(8, _counter.Count("the be to of and that have with the").DistinctStopWords);
        Assert.Equal(2, _counter.Count("The BE (the) of.").DistinctStopWords);
        Assert.Equal(0, _counter.Count("bathe toe off band thatch haven withe").DistinctStopWords);
    }

    private void Check(string text)
    {
        _frame.Set(text);
        WordTable words = _frame.English;
        EnglishTotals totals = _counter.Count(text);
        Assert.Equal(_frame.EnglishTotals, totals);
        Assert.Equal(words.Count, totals.Words);
    }
}
