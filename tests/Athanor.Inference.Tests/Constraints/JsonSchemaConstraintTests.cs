using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Athanor.Inference.Constraints;
using Athanor.Tokenizers;

namespace Athanor.Inference.Tests.Constraints;

public sealed class JsonSchemaConstraintTests
{
    private static readonly Tokenizer s_tokenizer = ConstraintTokenizers.ByteLevel;

    public static TheoryData<string> Schemas { get; } = new(
        """{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150}},"required":["name","age"],"additionalProperties":false}""",
        """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":["string","null"]},"c":{"type":"boolean"},"d":{"enum":["x\n\"","é",3,null,{"k":[1]}]}},"required":["c"],"additionalProperties":false}""",
        """{"type":"object","properties":{"a":{"type":"integer"},"ab":{"type":"string","maxLength":3}},"additionalProperties":{"type":"number"}}""",
        """{"type":"array","items":{"type":"number","minimum":-1.5,"exclusiveMaximum":2.25},"minItems":1,"maxItems":4}""",
        """{"type":"array","prefixItems":[{"type":"string","minLength":2,"maxLength":4},{"type":"integer","exclusiveMinimum":-13}],"items":{"type":"boolean"},"minItems":1,"maxItems":5}""",
        """{"$defs":{"node":{"type":"object","properties":{"value":{"type":"integer"},"children":{"type":"array","items":{"$ref":"#/$defs/node"},"maxItems":2}},"required":["value"],"additionalProperties":false}},"$ref":"#/$defs/node"}""",
        """{"anyOf":[{"type":"object","properties":{"kind":{"const":"circle"},"r":{"type":"number"}},"required":["kind","r"]},{"type":"object","properties":{"kind":{"const":"square"},"side":{"type":"integer"}},"required":["kind","side"]},{"type":"null"}]}""",
        """{"allOf":[{"type":"object","properties":{"a":{"type":"integer","minimum":3}},"required":["a"]},{"properties":{"b":{"type":"string","pattern":"^[a-c\"\\\\]+$"},"a":{"maximum":12}},"required":["b"]}]}""",
        """{"type":"object","properties":{"d":{"type":"string","format":"date"},"t":{"type":"string","format":"time"},"dt":{"type":"string","format":"date-time"},"u":{"type":"string","format":"uuid"},"e":{"type":"string","format":"email"},"i":{"type":"string","format":"ipv4"},"h":{"type":"string","format":"hostname"},"p":{"type":"string","format":"duration"},"l":{"type":"string","format":"uri"}},"required":["d","t","dt","u","e","i","h","p","l"],"additionalProperties":false}""",
        """{"type":"object","additionalProperties":{"type":"integer"},"minProperties":1,"maxProperties":3}""",
        """{"type":"object","patternProperties":{"^x-[a-z]{1,5}$":{"type":"boolean"}},"additionalProperties":false}""",
        """{"type":"object","propertyNames":{"pattern":"^[a-z]+$"},"additionalProperties":{"type":"null"}}""",
        """{"type":"string","pattern":"^(a|b)|^c.d$"}""",
        """{"type":"object","properties":{"v":true,"w":{}},"required":["v"]}""",
        """{"type":["integer","array"],"items":{"type":"string"},"minimum":5}""",
        """{"oneOf":[{"type":"string","nullable":true},{"type":"object","required":["z"]}]}""",
        """{"type":"object","properties":{"x":{"$ref":"#/properties/y"},"y":{"type":"array","items":{"type":"array","items":{"type":"integer"},"maxItems":3},"minItems":2}},"required":["x"]}""",
        """{"type":"object"}""",
        "true");

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Text_drawn_under_its_masks_parses_and_validates(string schema)
    {
        JsonElement parsed = JsonElement.Parse(schema);
        var validator = new PlainSchemaValidator(parsed);
        foreach (Tokenizer tokenizer in ConstraintTokenizers.All)
        {
            CompiledConstraint compiled = TokenConstraints.JsonSchema(parsed, tokenizer);
            int whole = 0;
            for (int seed = 0; seed < 6; seed++)
            {
                if (ConstraintChecks.Generate(compiled, tokenizer, new Random(seed), 1500, 0.01) is not { } text)
                    continue;
                whole++;
                string json = ConstraintChecks.Text(text);
                Assert.True(validator.IsValid(JsonElement.Parse(json)), json);
                Assert.True(compiled.Matches(json));
            }
            Assert.True(whole > 1);
        }
    }

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Changed_values_are_accepted_only_where_they_validate(string schema)
    {
        JsonElement parsed = JsonElement.Parse(schema);
        var validator = new PlainSchemaValidator(parsed);
        CompiledConstraint compiled = TokenConstraints.JsonSchema(parsed, s_tokenizer);
        var random = new Random(schema.Length);
        for (int seed = 0; seed < 12; seed++)
        {
            if (ConstraintChecks.Generate(compiled, s_tokenizer, new Random(seed), 600, 0) is not { } text)
                continue;
            for (int change = 0; change < 60; change++)
            {
                byte[] changed = (byte[])text.Clone();
                changed[random.Next(changed.Length)] = "{}[],:\"0159-. aexz"u8[random.Next(18)];
                if (compiled.Matches(changed))
                    Assert.True(validator.IsValid(JsonElement.Parse(Encoding.UTF8.GetString(changed))), Encoding.UTF8.GetString(changed));
            }
        }
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a"]}""", "{\"a\": 1}", "{\"a\":-7,\"b\":\"x\\u00e9\"}", "{\n  \"a\": 0,\n  \"b\": \"\"\n}")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}}}""", "{}", "{\"b\": \"\\ud83d\\ude00\"}", "{ }")]
    [InlineData("""{"type":"number"}""", "0", "-1.5e10", "0.25", "12E-3")]
    [InlineData("""{"type":"string","maxLength":2}""", "\"\"", "\"\\n\\ud83d\\ude00\"", "\"\uD83D\uDE00\u00e9\"")]
    [InlineData("""{"type":"array","items":{}}""", "[]", "[1, \"a\", [null], {\"b\": [true, {}]}]")]
    public void Usual_ways_of_writing_are_accepted(string schema, params string[] texts)
    {
        CompiledConstraint compiled = TokenConstraints.JsonSchema(JsonElement.Parse(schema), s_tokenizer);
        Assert.All(texts, text => Assert.True(compiled.Matches(text), text));
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a"]}""", "{\"b\":\"\",\"a\":1}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":1.0}", "{\"a\":1", "[]", "{\"a\":1,\"c\":2}", "{\"a\":1,         \"b\":\"\"}")]
    [InlineData("""{"type":"string"}""", "\"\\ud83d\"", "\"\n\"", "\"\\x\"", "\"a", "a")]
    [InlineData("""{"type":"number"}""", "+1", ".5", "1.", "00", "1e", "NaN", "12345678901234567")]
    [InlineData("""{"type":"object","properties":{"ab":{"type":"integer"}},"additionalProperties":true}""", "{\"ab\":\"x\"}", "{\"c\":1,\"ab\":\"x\"}", "{\"c\":1,\"a\\u0062\":\"x\"}")]
    public void What_JSON_or_the_schema_forbids_is_refused(string schema, params string[] texts)
    {
        CompiledConstraint compiled = TokenConstraints.JsonSchema(JsonElement.Parse(schema), s_tokenizer);
        Assert.All(texts, text => Assert.False(compiled.Matches(text), text));
    }

    [Fact]
    public void Bounds_of_integers_are_exact()
    {
        var random = new Random(5);
        for (int round = 0; round < 120; round++)
        {
            int min = random.Next(-130, 130), max = min + random.Next(200), scale = round % 3 == 0 ? 1 : random.Next(1, 40);
            (bool hasMin, bool hasMax) = (random.Next(5) > 0, random.Next(5) > 0);
            (string low, string high) = (random.Next(2) == 0 ? "minimum" : "exclusiveMinimum", random.Next(2) == 0 ? "maximum" : "exclusiveMaximum");
            string schema = $"{{\"type\":\"integer\"{(hasMin ? $",\"{low}\":{min * scale}" : "")}{(hasMax ? $",\"{high}\":{max * scale}" : "")}}}";
            if (hasMin && hasMax && (max - min) * scale < 2)
                continue;
            var validator = new PlainSchemaValidator(JsonElement.Parse(schema));
            CompiledConstraint compiled = TokenConstraints.JsonSchema(JsonElement.Parse(schema), s_tokenizer);
            for (int i = 0; i < 300; i++)
            {
                int value = (i % 3 == 0 ? min : max) * scale + random.Next(-12, 13) * (i % 5 == 0 ? 100 : 1);
                string text = value.ToString(CultureInfo.InvariantCulture);
                Assert.True(validator.IsValid(JsonElement.Parse(text)) == compiled.Matches(text), $"{text} against {schema}");
            }
        }
    }

    [Fact]
    public void Bounds_of_numbers_are_exact()
    {
        var random = new Random(6);
        for (int round = 0; round < 150; round++)
        {
            decimal min = random.Next(-300, 300) / (decimal)Math.Pow(10, random.Next(3)), max = min + random.Next(1, 300) / (decimal)Math.Pow(10, random.Next(3));
            (string low, string high) = (random.Next(2) == 0 ? "minimum" : "exclusiveMinimum", random.Next(2) == 0 ? "maximum" : "exclusiveMaximum");
            (bool hasMin, bool hasMax) = (random.Next(5) > 0, random.Next(5) > 0);
            string schema = string.Create(CultureInfo.InvariantCulture, $"{{\"type\":\"number\"{(hasMin ? $",\"{low}\":{min}" : "")}{(hasMax ? $",\"{high}\":{max}" : "")}}}");
            var validator = new PlainSchemaValidator(JsonElement.Parse(schema));
            CompiledConstraint compiled = TokenConstraints.JsonSchema(JsonElement.Parse(schema), s_tokenizer);
            for (int i = 0; i < 300; i++)
            {
                decimal value = (i % 2 == 0 ? min : max) + random.Next(-30, 31) / (decimal)Math.Pow(10, random.Next(4));
                string text = value.ToString(CultureInfo.InvariantCulture);
                bool negativeZero = value == 0 && text[0] == '-';
                Assert.True((validator.IsValid(JsonElement.Parse(text)) && !negativeZero) == compiled.Matches(text), $"{text} against {schema}");
            }
        }
    }

    [Theory]
    [InlineData("""{"type":"integer","multipleOf":3}""", "$.multipleOf", "multipleOf")]
    [InlineData("""{"type":"object","properties":{"a":{"not":{}}}}""", "$.properties.a.not", "not")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "$.uniqueItems", "uniqueItems")]
    [InlineData("""{"type":"array","items":{"if":{},"then":{}}}""", "$.items.if", "if")]
    [InlineData("""{"type":"string","format":"iri"}""", "$.format", "iri")]
    [InlineData("""{"type":"string","pattern":"a(?=b)"}""", "$.pattern", "look-ahead")]
    [InlineData("""{"type":"string","pattern":"a","maxLength":3}""", "$.maxLength", "pattern")]
    [InlineData("""{"type":"array","contains":{}}""", "$.contains", "contains")]
    [InlineData("""{"$ref":"https://example.org/schema"}""", "$.$ref", "$defs")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "$.$ref", "points to nothing")]
    [InlineData("""{"type":"strng"}""", "$.type", "strng")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":4}""", "$", "between")]
    [InlineData("""{"type":"integer","exclusiveMinimum":4,"exclusiveMaximum":5}""", "$", "between")]
    [InlineData("""{"type":"array","minItems":3,"maxItems":2}""", "$.maxItems", "no value")]
    [InlineData("""{"type":"object","properties":{},"required":["a"],"additionalProperties":false}""", "$.required", "'a'")]
    [InlineData("""{"anyOf":[]}""", "$.anyOf", "no alternative")]
    [InlineData("""{"enum":[]}""", "$", "enum")]
    [InlineData("false", "$", "false")]
    [InlineData("3", "$", "schema")]
    [InlineData("""{"allOf":[{"type":"string"},{"type":"integer"}]}""", "$.allOf[1].type", "both")]
    [InlineData("""{"allOf":[{"properties":{"a":{}},"additionalProperties":false},{"properties":{"b":{}}}]}""", "$.allOf[1]", "'b'")]
    [InlineData("""{"type":"object","properties":{"a":1}}""", "$.properties.a", "schema")]
    [InlineData("""{"type":"array","items":[{}]}""", "$.items", "prefixItems")]
    [InlineData("""{"type":"string","minLength":-1}""", "$.minLength", "negative")]
    [InlineData("""{"type":"string","maxLength":99999999999}""", "$.maxLength", "1000000")]
    [InlineData("""{"type":"number","minimum":"1"}""", "$.minimum", "number")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""", "", "never end")]
    [InlineData("""{"$ref":"#"}""", "", "never end")]
    public void What_cannot_be_enforced_is_refused_with_path_and_name(string schema, string place, string said)
    {
        ConstraintException e = Assert.Throws<ConstraintException>(() => TokenConstraints.JsonSchema(JsonElement.Parse(schema), s_tokenizer));
        Assert.Equal(place, e.Place);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unsupported_keywords_are_passed_over_where_asked_for()
    {
        var options = new ConstraintOptions { IgnoreUnsupported = true };
        JsonElement schema = JsonElement.Parse("""{"type":"array","uniqueItems":true,"items":{"type":"string","format":"iri","not":{}}}""");
        Assert.True(TokenConstraints.JsonSchema(schema, s_tokenizer, options).Matches("[\"a\", \"a\"]"));
    }

    [Fact]
    public void White_space_digits_and_depth_are_bounded()
    {
        CompiledConstraint any = TokenConstraints.JsonObject(s_tokenizer, new ConstraintOptions { MaxDepth = 3, MaxDigits = 4, MaxFractionDigits = 2, MaxWhiteSpace = 2 });
        Assert.True(any.Matches("{  \"a\":  {\"b\": [1234.56]}  }"));
        Assert.False(any.Matches("{   \"a\":1}"));
        Assert.False(any.Matches("{\"a\":12345}"));
        Assert.False(any.Matches("{\"a\":1.123}"));
        Assert.False(any.Matches("{\"a\":[[[1]]]}"));
        Assert.False(any.Matches("[1]"));
        Assert.True(TokenConstraints.JsonObject(s_tokenizer, new ConstraintOptions { MaxWhiteSpace = 0 }).Matches("{\"a\":[1,2]}"));
    }

    [Fact]
    public void Schema_bombs_are_refused_or_stay_small()
    {
        var clock = Stopwatch.StartNew();
        // Doubling references, long lists, large counts, joined alternatives of alternatives, circles.
        string doubling = $"{{\"$defs\":{{{string.Join(',', Enumerable.Range(0, 60).Select(i => $"\"d{i}\":{{\"type\":\"array\",\"prefixItems\":[{{\"$ref\":\"#/$defs/d{i + 1}\"}},{{\"$ref\":\"#/$defs/d{i + 1}\"}}],\"items\":false}}"))},\"d60\":{{\"type\":\"null\"}}}},\"$ref\":\"#/$defs/d0\"}}";
        Assert.InRange(Compile(doubling).StateCount, 1, 20_000);
        string list = $"{{\"enum\":[{string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"value number {i}\""))}]}}";
        CompiledConstraint longList = Compile(list);
        Assert.True(longList.Matches("\"value number 19999\""));
        Assert.False(longList.Matches("\"value number 20000\""));
        Assert.InRange(Compile("""{"type":"array","items":{"type":"string","minLength":100000,"maxLength":1000000},"minItems":1000,"maxItems":1000000}""").StateCount, 1, 500);
        string joined = "{\"type\":\"null\"}";
        for (int i = 0; i < 14; i++)
            joined = $"{{\"minimum\":{i},\"anyOf\":[{joined},{joined}]}}";
        ThrowsOrSmall(joined);
        ThrowsOrSmall("""{"$defs":{"a":{"$ref":"#/$defs/b","minimum":1},"b":{"$ref":"#/$defs/a","minimum":2}},"$ref":"#/$defs/a"}""");
        ThrowsOrSmall("""{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/a"}],"minimum":1}},"$ref":"#/$defs/a"}""");
        ThrowsOrSmall($"{{\"type\":\"object\",\"properties\":{{{string.Join(',', Enumerable.Range(0, 9000).Select(i => $"\"p{i}\":{{\"type\":\"string\",\"format\":\"date-time\"}}"))}}}}}");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);

        static void ThrowsOrSmall(string schema)
        {
            try
            {
                Assert.InRange(Compile(schema).StateCount, 1, 200_000);
            }
            catch (ConstraintException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    private static CompiledConstraint Compile(string schema) => TokenConstraints.JsonSchema(JsonElement.Parse(schema), s_tokenizer);
}
