using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Athanor.Inference.Constraints;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.Decoders;

namespace Athanor.Benchmarks.Inference;

/// <summary>Masks of constrained decoding over a vocabulary of Llama 3's size: texts that are new each time, under a JSON Schema and under any JSON object.</summary>
internal static class ConstraintCases
{
    private const string Schema =
        """
        {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},"tags":{"type":"array","items":{"type":"string","maxLength":200},"maxItems":10},
        "address":{"type":"object","properties":{"street":{"type":"string"},"zip":{"type":"string","pattern":"^[0-9]{5}$"}},"required":["street","zip"],"additionalProperties":false},"score":{"type":"number"}},
        "required":["name","age","tags","address","score"],"additionalProperties":false}
        """;

    public static void Run(Options options, Report report)
    {
        int size = Measure.Once ? 2_000 : 128_000, texts = Measure.Once ? 2 : options.Quick ? 50 : 200;
        Tokenizer tokenizer = Made(size);
        var constraintOptions = new ConstraintOptions { EndTokens = [0] };
        report.Group("constraints", string.Create(CultureInfo.InvariantCulture, $"{size} tokens, {texts} new texts"));
        JsonElement schema = JsonElement.Parse(Schema);
        Case(report, "JSON schema", () => TokenConstraints.JsonSchema(schema, tokenizer, constraintOptions), tokenizer, texts);
        Case(report, "any JSON object", () => TokenConstraints.JsonObject(tokenizer, constraintOptions), tokenizer, texts);
    }

    private static void Case(Report report, string name, Func<CompiledConstraint> compile, Tokenizer tokenizer, int texts)
    {
        compile();
        long begin = Stopwatch.GetTimestamp();
        CompiledConstraint compiled = compile();
        report.Add(new Result("", $"{name}, compile", Stopwatch.GetElapsedTime(begin).TotalMilliseconds, "ms"));
        var random = new Random(1);
        var mask = new uint[(tokenizer.VocabularySize + 31) / 32];
        var first = new List<double>();
        var later = new List<double>();
        for (int text = 0; text < texts; text++)
        {
            ITokenConstraint constraint = compiled.Start();
            foreach (int token in tokenizer.Encode(Text(random)))
            {
                begin = Stopwatch.GetTimestamp();
                constraint.FillMask(mask);
                (text == 0 ? first : later).Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
                if (!constraint.TryAccept(token))
                    throw new InvalidOperationException("The constraint refuses a text of its schema.");
            }
        }
        double alone = Alone(compiled, tokenizer);
        later.Sort();
        report.Add(new Result("", $"{name}, first text, mean", first.Average(), "us/mask"));
        report.Add(new Result("", $"{name}, mean", later.Average(), "us/mask") { Best = later[0], Peer = "each token tried", PeerValue = alone, Ratio = alone / later.Average() });
        report.Add(new Result("", $"{name}, median", later[later.Count / 2], "us/mask"));
        report.Add(new Result("", $"{name}, p99", later[(int)(later.Count * 0.99)], "us/mask"));
    }

    private static double Alone(CompiledConstraint compiled, Tokenizer tokenizer)
    {
        ITokenConstraint constraint = compiled.Start();
        foreach (int token in tokenizer.Encode("{\"name\": \"Al"))
            constraint.TryAccept(token);
        var times = new List<double>();
        for (int round = 0; round < 5; round++)
        {
            long begin = Stopwatch.GetTimestamp();
            for (int token = 0; token < tokenizer.VocabularySize; token++)
            {
                if (constraint.TryAccept(token))
                    constraint.Rollback(1);
            }
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
        }
        times.Sort();
        return times[times.Count / 2];
    }

    private static string Text(Random random)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{{\"name\": \"{Words(random, 2)}\", \"age\": {random.Next(150)}, \"tags\": [\"{Words(random, 4)}\", \"{Words(random, 6)}\"], ");
        text.Append(CultureInfo.InvariantCulture, $"\"address\": {{\"street\": \"{Words(random, 3)} {random.Next(99)}\", \"zip\": \"{random.Next(10000, 99999)}\"}}, \"score\": {random.Next(100)}.25}}");
        return text.ToString();
    }

    private static string Words(Random random, int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => Word(random)));

    private static string Word(Random random) => new([.. Enumerable.Range(0, random.Next(2, 10)).Select(_ => "etaoinshrdlucmfgypwb"[random.Next(20)])]);

    /// <summary>Words, numbers and signs in the proportions of large vocabularies, about 1 in 40 with a quote.</summary>
    private static Tokenizer Made(int size)
    {
        var random = new Random(2);
        var tokens = new List<KeyValuePair<int, byte[]>>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        for (int value = 0; value < 256; value++)
            tokens.Add(new(value, [(byte)value]));
        string[] signs = ["\"", "\",", "\":", "\"}", "{\"", "[\"", "\"]", "\\", "\\n", ")", ",", ".", "\":\"", "\", \""];
        while (tokens.Count < size)
        {
            string text = random.Next(40) switch
            {
                0 => signs[random.Next(signs.Length)] + (random.Next(2) == 0 ? " " : "") + Word(random)[..random.Next(2)] + signs[random.Next(signs.Length)],
                1 => random.Next(1000).ToString(CultureInfo.InvariantCulture),
                2 => new string(' ', random.Next(2, 100)),
                < 6 => new string([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (char)random.Next(0x4e00, 0x9fff))]),
                < 22 => " " + Word(random),
                _ => Word(random),
            };
            if (text.Length > 1 && known.Add(text))
                tokens.Add(new(tokens.Count, Encoding.UTF8.GetBytes(text)));
        }
        return new Tokenizer(new TokenizerParts { Model = ByteLevelBpe.FromRanks(new Vocabulary(tokens)), Decoder = new ByteLevelDecoder() });
    }
}
