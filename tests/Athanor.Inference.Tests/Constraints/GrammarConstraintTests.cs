using System.Text;
using Athanor.Inference.Constraints;
using Athanor.Tokenizers;

namespace Athanor.Inference.Tests.Constraints;

public sealed class GrammarConstraintTests
{
    private const string Json = """
        root   ::= object
        value  ::= object | array | string | number | ("true" | "false" | "null") ws
        object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
        array  ::= "[" ws ( value ("," ws value)* )? "]" ws
        string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
        number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
        # Optional space: by convention, applied in this grammar after literal chars when allowed
        ws ::= | " " | "\n" [ \t]{0,20}
        """;

    private static readonly Tokenizer s_tokenizer = ConstraintTokenizers.ByteLevel;

    [Theory]
    [InlineData("root ::= \"a\" root \"b\" | \"\"", 0)]
    [InlineData("root ::= \"(\" root \")\" root |", 1)]
    [InlineData("root ::= [ab] | \"a\" root \"a\" | \"b\" root \"b\" | \"\"", 2)]
    [InlineData("root ::= root \"+\" term | root \"-\" term | term\nterm ::= \"a\" | \"(\" root \")\"", 3)]
    [InlineData("root ::= x x x\nx ::= \"a\" | \"\" | x1 \"b\"\nx1 ::= x2 | \"a\"\nx2 ::= \"(\" x \")\" | ", 4)]
    [InlineData("root ::= a | b\na ::= \"a\" a \"b\" | c\nb ::= \"a\" b \"b\" \"b\" | c\nc ::= \"\"", 5)]
    [InlineData("root ::= (\"a\" root){0,3} \"b\"?", 6)]
    [InlineData("root ::= s{2,3}\ns ::= \"a\" s \"b\" | \"ab\" | (\"a\"? \"b\"){18,20}", 7)]
    public void Matches_what_a_textbook_recognizer_matches(string grammar, int seed)
    {
        CompiledConstraint compiled = TokenConstraints.Grammar(grammar, s_tokenizer);
        (GrammarBook book, int root) = GbnfParser.Parse(grammar);
        var random = new Random(seed);
        int matched = 0;
        for (int i = 0; i < 1500; i++)
        {
            string text = new([.. Enumerable.Range(0, random.Next(0, 11)).Select(_ => "aabb()+-"[random.Next(2 + random.Next(7))])]);
            bool expected = new NaiveRecognizer(book, Encoding.UTF8.GetBytes(text)).Matches(root);
            matched += expected ? 1 : 0;
            Assert.True(expected == compiled.Matches(text), $"{text}: {expected}");
        }
        Assert.True(matched > 5);
    }

    [Fact]
    public void The_JSON_grammar_of_llama_cpp_gives_JSON()
    {
        foreach (Tokenizer tokenizer in ConstraintTokenizers.All)
        {
            CompiledConstraint compiled = TokenConstraints.Grammar(Json, tokenizer);
            int whole = 0;
            for (int seed = 0; seed < 10; seed++)
            {
                if (ConstraintChecks.Generate(compiled, tokenizer, new Random(seed), 300) is not { } text)
                    continue;
                whole++;
                using var parsed = System.Text.Json.JsonDocument.Parse(Encoding.UTF8.GetString(text));
                Assert.Equal(System.Text.Json.JsonValueKind.Object, parsed.RootElement.ValueKind);
            }
            Assert.True(whole > 2);
        }
    }

    [Fact]
    public void Rollback_and_fork_equal_a_fresh_start()
    {
        CompiledConstraint compiled = TokenConstraints.Grammar(Json, s_tokenizer), other = TokenConstraints.Grammar(Json, s_tokenizer);
        var random = new Random(11);
        for (int round = 0; round < 15; round++)
        {
            ITokenConstraint constraint = compiled.Start();
            List<int> tokens = [];
            for (int step = 0; step < 60; step++)
            {
                int undone = random.Next(4) == 0 ? random.Next(tokens.Count + 1) : 0;
                constraint.Rollback(undone);
                tokens.RemoveRange(tokens.Count - undone, undone);
                if (random.Next(5) == 0)
                {
                    ITokenConstraint fork = constraint.Fork();
                    fork.TryAccept(Draw(fork, random));
                }
                ITokenConstraint fresh = other.Start();
                Assert.All(tokens, token => Assert.True(fresh.TryAccept(token)));
                Assert.Equal(Mask(fresh), Mask(constraint));
                Assert.Equal(fresh.MayEnd, constraint.MayEnd);
                Assert.Equal(fresh.IsComplete, constraint.IsComplete);
                int next = Draw(constraint, random);
                if (!constraint.TryAccept(next))
                    break;
                tokens.Add(next);
            }
        }
    }

    [Fact]
    public void Rolling_back_further_than_positions_are_kept_reads_the_text_again()
    {
        ITokenConstraint constraint = TokenConstraints.Regex("(ab)*", s_tokenizer).Start();
        Assert.True(s_tokenizer.TryGetId("a", out int a) & s_tokenizer.TryGetId("b", out int b));
        for (int i = 0; i < 1000; i++)
            Assert.True(constraint.TryAccept(i % 2 == 0 ? a : b));
        constraint.Rollback(901);
        Assert.False(constraint.MayEnd);
        Assert.False(constraint.TryAccept(a));
        Assert.True(constraint.TryAccept(b));
        Assert.Throws<ArgumentOutOfRangeException>(() => constraint.Rollback(101));
    }

    [Fact]
    public void Nothing_but_the_end_follows_a_complete_text()
    {
        ITokenConstraint constraint = TokenConstraints.Choice(["yes", "no"], s_tokenizer).Start();
        foreach (byte value in "yes"u8)
        {
            Assert.False(constraint.IsComplete);
            Assert.False(constraint.TryAccept(s_tokenizer.EosId!.Value));
            Assert.True(s_tokenizer.TryGetId(((char)value).ToString(), out int id));
            Assert.True(constraint.TryAccept(id));
        }
        Assert.True(constraint.IsComplete && constraint.MayEnd);
        Assert.Equal([s_tokenizer.EosId!.Value], ConstraintChecks.Ids(Mask(constraint)));
        Assert.True(constraint.TryAccept(s_tokenizer.EosId!.Value));
        Assert.False(constraint.TryAccept(s_tokenizer.EosId!.Value));
        constraint.Rollback(2);
        Assert.False(constraint.MayEnd);
    }

    [Fact]
    public void Special_tokens_are_never_text()
    {
        Assert.True(s_tokenizer.TryGetId("<|other|>", out int other));
        ITokenConstraint constraint = TokenConstraints.Regex(".*", s_tokenizer).Start();
        Assert.DoesNotContain(other, ConstraintChecks.Ids(Mask(constraint)));
        Assert.False(constraint.TryAccept(other));
        Assert.True(TokenConstraints.Regex(".*", s_tokenizer, new ConstraintOptions { TextTokens = [other] }).Start().TryAccept(other));
    }

    [Fact]
    public void Masks_may_be_wider_or_narrower_than_the_vocabulary()
    {
        ITokenConstraint constraint = TokenConstraints.Regex("[a-z ]*", s_tokenizer).Start();
        var wide = new uint[100];
        Array.Fill(wide, uint.MaxValue);
        constraint.FillMask(wide);
        var narrow = new uint[5];
        constraint.FillMask(narrow);
        Assert.Equal(wide[..5], narrow);
        Assert.All(wide[((s_tokenizer.VocabularySize + 31) / 32)..], word => Assert.Equal(0u, word));
    }

    [Fact]
    public void Forgetting_what_was_cached_changes_nothing()
    {
        CompiledConstraint small = TokenConstraints.Grammar(Json, s_tokenizer, new ConstraintOptions { MaxCacheBytes = 20_000 }), large = TokenConstraints.Grammar(Json, s_tokenizer);
        for (int seed = 0; seed < 4; seed++)
            Assert.Equal(ConstraintChecks.Generate(large, s_tokenizer, new Random(seed)), ConstraintChecks.Generate(small, s_tokenizer, new Random(seed)));
    }

    [Fact]
    public void Threads_share_a_compiled_constraint()
    {
        CompiledConstraint shared = TokenConstraints.Grammar(Json, s_tokenizer, new ConstraintOptions { MaxCacheBytes = 300_000 });
        byte[]?[] alone = [.. Enumerable.Range(0, 12).Select(seed => ConstraintChecks.Generate(TokenConstraints.Grammar(Json, s_tokenizer), s_tokenizer, new Random(seed), 100, 0))];
        var together = new byte[]?[12];
        Parallel.For(0, 12, new ParallelOptions { MaxDegreeOfParallelism = 4 }, seed => together[seed] = ConstraintChecks.Generate(shared, s_tokenizer, new Random(seed), 100, 0));
        Assert.Equal(alone, together);
    }

    [Theory]
    [InlineData("root ::= a", "'a'")]
    [InlineData("start ::= \"a\"", "root")]
    [InlineData("root ::= \"a\" root", "never end")]
    [InlineData("root ::= a \"x\" | \"y\"\na ::= root \"z\"", "left recursion")]
    [InlineData("root ::= e root \"z\" | \"y\"\ne ::= \"\"", "left recursion")]
    [InlineData("root ::= \"a\"\nroot ::= \"b\"", "line 2, column 1")]
    [InlineData("root ::= \"a", "closing")]
    [InlineData("root ::= [a", "']'")]
    [InlineData("root ::= (\"a\"", "')'")]
    [InlineData("root ::= \"a\")", "'('")]
    [InlineData("root ::= \"a\"{3,2}", "below")]
    [InlineData("root ::= \"\\q\"", "\\q")]
    [InlineData("root ::= <[1000]>", "tokens")]
    public void Wrong_grammars_are_refused_with_what_is_wrong(string grammar, string said)
    {
        ConstraintException e = Assert.Throws<ConstraintException>(() => TokenConstraints.Grammar(grammar, s_tokenizer));
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Grammar_bombs_are_refused_or_stay_small()
    {
        var doubling = new StringBuilder("root ::= a0 a0\n");
        for (int i = 0; i < 60; i++)
            doubling.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i} ::= a{i + 1} a{i + 1} | \"x\"\n");
        doubling.Append("a60 ::= \"y\"\n");
        Assert.InRange(TokenConstraints.Grammar(doubling.ToString(), s_tokenizer).StateCount, 1, 20_000);
        string alternations = "root ::= a0\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"a{i} ::= a{i + 1} \"x\" | a{i + 1} \"y\" | b{i}\nb{i} ::= a{i + 1}\n")) + "a60 ::= \"z\"";
        CompiledConstraint compiled = TokenConstraints.Grammar(alternations, s_tokenizer);
        Assert.True(compiled.Matches("zxyxyx"));
        Assert.False(compiled.Matches("zxyxyxz"));
        string chain = "root ::= a0\n" + string.Concat(Enumerable.Range(0, 15_000).Select(i => $"a{i} ::= \"x\" a{i + 1}\n")) + "a15000 ::= \"z\"";
        Assert.True(TokenConstraints.Grammar(chain, s_tokenizer).Matches(new string('x', 15_000) + "z"));
    }

    [Fact]
    public void Counts_within_counts_of_themselves_go_as_deep_as_the_text()
    {
        CompiledConstraint compiled = TokenConstraints.Grammar("root ::= \"(\" root{0,30} \")\" | \"a\"", s_tokenizer);
        string deep = new('(', 20_000);
        Assert.False(compiled.Matches(deep));
        Assert.True(compiled.Matches(deep + new string(')', 20_000)));
        ITokenConstraint constraint = compiled.Start();
        foreach (int token in s_tokenizer.Encode(deep[..3000]))
            Assert.True(constraint.TryAccept(token));
        Assert.Equal(ConstraintChecks.BruteForce(constraint, s_tokenizer), ConstraintChecks.Ids(Mask(constraint)));
    }

    private static uint[] Mask(ITokenConstraint constraint)
    {
        var mask = new uint[(s_tokenizer.VocabularySize + 31) / 32];
        constraint.FillMask(mask);
        return mask;
    }

    private static int Draw(ITokenConstraint constraint, Random random)
    {
        List<int> allowed = ConstraintChecks.Ids(Mask(constraint));
        return allowed[random.Next(allowed.Count)];
    }
}
