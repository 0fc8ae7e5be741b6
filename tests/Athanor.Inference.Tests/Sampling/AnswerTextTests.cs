using Athanor.Inference.Sampling;
using Athanor.Inference.Tests.Testing;
using Athanor.Testing;
using Athanor.Tokenizers;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Inference.Tests.Sampling;

public sealed class AnswerTextTests
{
    private static readonly Tokenizer Bytes = TinyTokenizer.Bytes;

    [Fact]
    public void However_tokens_cut_characters_and_stops_the_text_is_that_of_all_tokens_up_to_the_first_stop()
    {
        // Letters and signs of one to four bytes; stops of the same, so that they straddle tokens and characters straddle them.
        Gen<string> letter = Gen.Elements("a", "t", "h", "e", " ", "\u00e9", "\u20ac", "\U0001f600");
        Gen<string> text = letter.ListOf().Select(string.Concat);
        Gen<string[]> stops = Gen.Choose(1, 4).SelectMany(letter.ListOf).Select(string.Concat).ListOf().Select(list => list.Take(3).ToArray());
        Prop.ForAll(text.ToArbitrary(), text.ToArbitrary(), stops.ToArbitrary(), (prompt, answer, stop) =>
        {
            int[] before = Bytes.Encode(prompt);
            // Cut wherever a byte ends: single bytes, not the merged tokens that the encoder would choose.
            int[] tokens = [.. System.Text.Encoding.UTF8.GetBytes(answer).Select(value => Enumerable.Range(0, Bytes.VocabularySize).First(id => Bytes.Contains(id) && Bytes.GetTokenBytes(id).SequenceEqual([value])))];
            foreach (bool include in (bool[])[false, true])
            {
                var whole = new AnswerText(Bytes, before, stop, include);
                string given = "";
                foreach (int token in tokens)
                {
                    string part = whole.Append(token);
                    if (part.Length > 0 && (char.IsHighSurrogate(part[^1]) || char.IsLowSurrogate(part[0])))
                        return false;
                    given += part;
                }
                given += whole.Finish();
                (string expected, string? found) = Naive(answer, stop, include);
                if (given != expected || whole.StopText != found)
                    return false;
            }
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Nothing_of_a_stop_text_leaks_and_only_what_may_begin_one_is_held_back()
    {
        var scanner = new StopTexts(["\n\nUser:"]);
        Assert.Equal("Yes.", scanner.Take("Yes.\n"));
        Assert.Equal("\nNo", scanner.Take("No"));
        Assert.Equal("", scanner.Take("\n\nUser"));
        Assert.Equal("\n\nUsers are", scanner.Take("s are"));
        Assert.Equal(" here", scanner.Take(" here\n\nUser: hello"));
        Assert.Equal("\n\nUser:", scanner.Found);
        Assert.Equal("", scanner.Take("more") + scanner.Rest());
    }

    [Fact]
    public void However_a_text_is_cut_it_ends_where_naive_code_ends_it()
    {
        var random = new Random(3);
        int found = 0;
        for (int round = 0; round < 3000; round++)
        {
            string text = Word(random, random.Next(0, 30));
            string[] stops = [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => Word(random, random.Next(1, 5)))];
            var scanner = new StopTexts(stops, include: round % 2 == 0);
            string kept = "";
            for (int at = 0; at < text.Length;)
            {
                int length = random.Next(1, Math.Min(6, text.Length - at) + 1);
                kept += scanner.Take(text.Substring(at, length));
                at += length;
            }
            kept += scanner.Rest();
            Assert.Equal(Naive(text, stops, round % 2 == 0), (kept, scanner.Found));
            found += scanner.Found is null ? 0 : 1;
        }
        Assert.InRange(found, 500, 2900);
    }

    [Fact]
    public void Special_tokens_appear_only_where_asked_for()
    {
        int end = Bytes.EosId!.Value;
        int[] tokens = [.. Bytes.Encode("the"), end, .. Bytes.Encode(" cat")];
        Assert.Equal("the cat", new AnswerText(Bytes, [end]).Whole(tokens));
        Assert.Equal("the<|endoftext|> cat", new AnswerText(Bytes, [end], showSpecial: true).Whole(tokens));
        Assert.Equal("the", new AnswerText(Bytes, [], ["<|end"], showSpecial: true).Whole(tokens));
    }

    [Fact]
    public void Half_a_character_at_the_end_is_given_as_a_replacement_and_a_stop_may_hold_it()
    {
        int[] tokens = Bytes.Encode("a\u20ac")[..^1];
        Assert.Equal("a\ufffd", new AnswerText(Bytes, []).Whole(tokens));
        Assert.Equal("a", new AnswerText(Bytes, [], ["\ufffd"]).Whole(tokens));
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => new AnswerText(Bytes, [], ["a", ""])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_that_ends_within_a_character_does_not_split_one()
    {
        int[] tokens = Bytes.Encode("\U0001f600!");
        for (int cut = 1; cut < tokens.Length; cut++)
        {
            string text = new AnswerText(Bytes, tokens.AsSpan(0, cut)).Whole(tokens[cut..]);
            Assert.False(text.Length > 0 && char.IsLowSurrogate(text[0]), text);
            Assert.EndsWith("!", text, StringComparison.Ordinal);
        }
    }

    [SharedDataFact("stories260K/tok512.bin")]
    public void A_sentencepiece_answer_keeps_the_space_that_a_text_of_its_own_would_lose()
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Path("stories260K/tok512.bin"));
        int[] prompt = [1, .. tokenizer.Encode("Once upon a time, there was a little girl named Lily. She liked to play with her dog and her cat and her ball in the park every day")];
        int[] answer = tokenizer.Encode("they went \u00e9\u20ac home. The End.");
        Assert.Equal(" they went \u00e9\u20ac home. The End.", new AnswerText(tokenizer, prompt).Whole(answer));
        Assert.Equal(" they went ", new AnswerText(tokenizer, prompt, ["\u20ac home", "\u00e9"]).Whole(answer));
    }

    private static (string Text, string? Found) Naive(string text, string[] stops, bool include)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            string? longest = stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).MaxBy(stop => stop.Length);
            if (longest is not null)
                return (text[..(include ? end : end - longest.Length)], longest);
        }
        return (text, null);
    }

    private static string Word(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(3))));
}
