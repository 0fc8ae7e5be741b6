using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Athanor.Inference.Constraints;
using Athanor.Tokenizers;
using FsCheck;
using FsCheck.Fluent;

namespace Athanor.Inference.Tests.Constraints;

public sealed class ConstraintPropertyTests
{
    private const string Grammar = "root ::= (\"a\" | b{2,3})* [^x-z\\n]+ \"\\u00e9\\\"\"? # comment\nb ::= \"(\" root? \")\" | .";

    private static readonly string[] s_seeds =
    [
        "(a|b)*c{2,5}[^d-f]+\\p{Lu}(?i:x)\\u00e9.$", Grammar,
        """{"type":"object","properties":{"a":{"type":"array","items":{"$ref":"#/$defs/n"},"minItems":1},"b":{"anyOf":[{"enum":[1,"x"]},{"pattern":"^a+$"}]}},"$defs":{"n":{"minimum":-1.5,"maximum":9}},"required":["a"]}""",
    ];

    [Fact]
    public void Whatever_the_schema_drawn_text_validates_and_masks_equal_trying_each_token() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => Holds(seed, 0.03)));

    [Fact]
    [Trait("Category", "Long")]
    public void Whatever_the_schema_drawn_text_validates_in_long_runs()
    {
        for (int seed = 0; seed < 3000; seed++)
            Assert.True(Holds(seed, 0.1), $"seed {seed}");
    }

    [Fact]
    public void Damaged_expressions_grammars_and_schemas_are_refused_or_compiled() => Damage(1500);

    [Fact]
    [Trait("Category", "Long")]
    public void Damaged_expressions_grammars_and_schemas_are_refused_or_compiled_in_long_runs() => Damage(200_000);

    private static bool Holds(int seed, double checks)
    {
        var random = new Random(seed);
        JsonElement schema = JsonElement.Parse(RandomSchemas.Draw(random).ToJsonString());
        Tokenizer tokenizer = seed % 2 == 0 ? ConstraintTokenizers.ByteLevel : ConstraintTokenizers.Unigram;
        CompiledConstraint compiled;
        try
        {
            compiled = TokenConstraints.JsonSchema(schema, tokenizer);
        }
        catch (ConstraintException e) when (e.Message.Contains("no integer lies", StringComparison.Ordinal) || e.Message.Contains("minProperties", StringComparison.Ordinal) || e.Message.Contains("maxProperties", StringComparison.Ordinal))
        {
            return true;
        }
        var validator = new PlainSchemaValidator(schema);
        for (int round = 0; round < 3; round++)
        {
            if (ConstraintChecks.Generate(compiled, tokenizer, random, 400, checks) is { } text && !validator.IsValid(JsonElement.Parse(ConstraintChecks.Text(text))))
                throw new InvalidOperationException($"{ConstraintChecks.Text(text)} against {schema.GetRawText()}");
        }
        return true;
    }

    private static void Damage(int rounds)
    {
        var random = new Random(9);
        Tokenizer tokenizer = ConstraintTokenizers.ByteLevel;
        for (int round = 0; round < rounds; round++)
        {
            int kind = round % s_seeds.Length;
            var text = new StringBuilder(s_seeds[kind]);
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                int at = random.Next(text.Length);
                switch (random.Next(4))
                {
                    case 0:
                        text.Remove(at, 1);
                        break;
                    case 1:
                        text.Insert(at, "(){}[]|*+?\\\"^$.,-:#<9a\uD800\u00e9"[random.Next(24)]);
                        break;
                    case 2:
                        text[at] = (char)random.Next(32, 127);
                        break;
                    default:
                        int from = random.Next(text.Length), length = Math.Min(random.Next(1, 12), text.Length - from);
                        text.Insert(at, text.ToString(from, length));
                        break;
                }
            }
            var clock = Stopwatch.StartNew();
            try
            {
                string changed = text.ToString();
                CompiledConstraint compiled = kind switch
                {
                    0 => TokenConstraints.Regex(changed, tokenizer),
                    1 => TokenConstraints.Grammar(changed, tokenizer),
                    _ => TokenConstraints.JsonSchema(JsonElement.Parse(changed.Replace("\uD800", "\\ud800", StringComparison.Ordinal)), tokenizer),
                };
                if (round % 20 == 0)
                    ConstraintChecks.Generate(compiled, tokenizer, random, 40, 0.02);
            }
            catch (Exception e) when (e is ConstraintException or JsonException)
            {
                Assert.NotEmpty(e.Message);
            }
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed} for {text}");
        }
    }
}
