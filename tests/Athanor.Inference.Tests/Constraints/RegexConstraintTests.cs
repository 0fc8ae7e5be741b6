using System.Text;
using System.Text.RegularExpressions;
using Athanor.Inference.Constraints;
using Athanor.Tokenizers;

namespace Athanor.Inference.Tests.Constraints;

public sealed class RegexConstraintTests
{
    private static readonly Tokenizer s_tokenizer = ConstraintTokenizers.ByteLevel;

    public static TheoryData<string> Patterns { get; } = new(
        "abc", "a|b|", "(ab)*c?", "a{2,5}b{0,1}", "(a|b){3}", "[a-c]+[^a-c]*", @"[0-9]{1,3}(\.[0-9]{1,3}){3}", "(a|ab)(c|bcd)(d*)", "((a?b)*|c{2,})+", "(a*)*b",
        "(a|a)*", "(a{1,3}){2,4}b", "((ab|c){2}){1,3}", "x(a|b|c|d|e|f)*y", "a{3,}b", "(|a)b(|c)", "[^b]{2,4}", "(?i)aBc[b-c]", "(a|b)*a(a|b){6}", "a{20}b?", "(ab?){0,30}c", "(a{0,4}b{0,4}){0,20}",
        @"\x61\u0062\n?", "é+|[à-ü]b*", "[\u4e00-\u9fff]{1,2}a", ".a.", "(?:a(?:b(?:c)?)?)?", "(a+b+)+c", "((a{2}){3}){2}", "(a?){30}b");

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Matches_what_NET_matches(string pattern)
    {
        var oracle = new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        CompiledConstraint compiled = TokenConstraints.Regex(pattern, s_tokenizer);
        var random = new Random(pattern.Length);
        string alphabet = "aaabbbccdde1.2xyAB\n\u00e9\u00fc\u4e2d";
        for (int i = 0; i < 3000; i++)
        {
            var text = new StringBuilder();
            int kinds = random.Next(1, alphabet.Length), length = random.Next(0, 14);
            for (int k = 0; k < length; k++)
                text.Append(alphabet[random.Next(kinds)]);
            Assert.True(oracle.IsMatch(text.ToString()) == compiled.Matches(text.ToString()), text.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Text_drawn_under_its_masks_matches(string pattern)
    {
        var oracle = new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        foreach (Tokenizer tokenizer in ConstraintTokenizers.All)
        {
            CompiledConstraint compiled = TokenConstraints.Regex(pattern, tokenizer);
            for (int seed = 0; seed < 10; seed++)
            {
                if (ConstraintChecks.Generate(compiled, tokenizer, new Random(seed), 200, 0.1) is { } text)
                    Assert.Matches(oracle, WithoutPairs(ConstraintChecks.Text(text)));
            }
        }
    }

    // .NET counts characters beyond the first plane as two.
    private static string WithoutPairs(string text) => string.Concat(text.EnumerateRunes().Select(rune => rune.IsBmp ? rune.ToString() : "\u4e8c"));

    [Theory]
    [InlineData("a(?=b)", "look-ahead")]
    [InlineData("a(?!b)", "look-ahead")]
    [InlineData("(?<=a)b", "look-behind")]
    [InlineData("(?<!a)b", "look-behind")]
    [InlineData(@"(a)\1", "back-reference")]
    [InlineData(@"(?<n>a)\k<n>", "back-reference")]
    [InlineData("(?>a)b", "atomic")]
    [InlineData("a++", "possessive")]
    [InlineData(@"\bword", "anchor")]
    [InlineData("a^b", "anchor")]
    [InlineData("(a", "')'")]
    [InlineData("a)", "'('")]
    [InlineData("[a", "']'")]
    [InlineData("[z-a]", "range")]
    [InlineData("*a", "repeats nothing")]
    [InlineData("a{2000000}", "1000000")]
    [InlineData("a{3,2}", "below")]
    [InlineData(@"\p{IsGreek}", "IsGreek")]
    [InlineData("[[:alpha:]]", "POSIX")]
    [InlineData("[a-z-[aeiou]]", "subtraction")]
    public void What_no_automaton_can_follow_is_refused_by_name(string pattern, string said)
    {
        ConstraintException e = Assert.Throws<ConstraintException>(() => TokenConstraints.Regex(pattern, s_tokenizer));
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
        Assert.Contains("character", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_counts_cost_neither_time_nor_states()
    {
        CompiledConstraint compiled = TokenConstraints.Regex("[a-z]{5,1000000}0", s_tokenizer);
        Assert.InRange(compiled.StateCount, 1, 100);
        Assert.False(compiled.Matches("abcd0"));
        Assert.True(compiled.Matches(new string('q', 50_000) + "0"));
    }

    [Fact]
    public void Bombs_are_refused_or_stay_small()
    {
        // Counts within counts multiply to 10^18 ways; classes repeated large make millions of states where they are written out.
        CompiledConstraint compiled = TokenConstraints.Regex("((a{1,1000}){1,1000}){1,1000}", s_tokenizer);
        Assert.True(compiled.Matches(new string('a', 100)));
        Assert.False(compiled.Matches("b"));
        Assert.True(TokenConstraints.Regex("(a|b)*a(a|b){200}", s_tokenizer).Matches("a" + new string('b', 200)));
        Assert.Throws<ConstraintException>(() => TokenConstraints.Regex(new string('(', 5000) + "a" + new string(')', 5000), s_tokenizer));
        Assert.Throws<ConstraintException>(() => TokenConstraints.Regex(string.Concat(Enumerable.Repeat(@"\p{L}", 100_000)), s_tokenizer));
    }

    [Fact]
    public void Unicode_categories_are_UTF8()
    {
        CompiledConstraint compiled = TokenConstraints.Regex(@"\p{L}+\P{L}", s_tokenizer);
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            var letter = new Rune(random.Next(0xD800));
            bool expected = Rune.IsLetter(letter);
            Assert.Equal(expected, compiled.Matches(letter + "1"));
            Assert.Equal(!expected, compiled.Matches("a" + letter));
        }
    }
}
