using Athanor.Runs.Recipes;
using Athanor.Tokenizers;
using Athanor.Training.Batches;
using Athanor.Training.Objectives;
using Athanor.Training.Stages;
using Athanor.Training.Tests.Testing;

namespace Athanor.Training.Tests.Objectives;

public sealed class Ul2ObjectiveTests
{
    private static readonly Tokenizer Tokenizer = Words.Tokenizer([.. Words.Sentinels(100), "[NLU]", "[S2S]", "[NLG]"]);

    private static int Id(string token) => Tokenizer.TryGetId(token, out int id) ? id : throw new ArgumentException(token);

    /// <summary>The published table (arXiv 2205.05131): three kinds, seven denoisers, spans and rates.</summary>
    [Fact]
    public void The_mixture_is_the_published_one()
    {
        Assert.Equal(
            ["R 3 0.15", "R 8 0.15", "S 0.25", "X 3 0.5", "X 8 0.5", "X 64 0.15", "X 64 0.5"],
            new Ul2Objective().Denoisers.Select(d => FormattableString.Invariant(d.Mode == DenoiserMode.S ? $"{d.Mode} {d.Rate}" : (FormattableString)$"{d.Mode} {d.Span} {d.Rate}")));
        Assert.Equal(100, new Ul2Objective().Sentinels);
    }

    /// <summary>Reads an example as a person would: each sentinel of the input is replaced by what follows it in the target.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(512)]
    public void Filling_the_sentinels_in_gives_the_document_back(int length)
    {
        ExampleMaker maker = new Ul2Objective().Bind(Tokenizer);
        int[] text = [.. Enumerable.Range(0, length).Select(i => 1 + i * 7 % 200)];
        int end = Tokenizer.EosId!.Value;
        var modes = new Dictionary<int, int>();
        for (ulong seed = 0; seed < 200; seed++)
        {
            Example example = maker.Make(new PieceText([end, .. text, end], true, true), seed);
            int[] sequence = [.. example.Ids, example.Targets[^1]];
            int given = example.Prefix, mode = sequence[1];
            modes[mode] = modes.GetValueOrDefault(mode) + 1;
            Assert.Equal(end, sequence[0]);
            Assert.Equal(end, sequence[^1]);
            // The loss begins with the first token behind the input, and all that follows counts.
            Assert.All(example.Targets[..(given - 1)], target => Assert.Equal(Batch.Ignored, target));
            Assert.Equal(sequence[given..], example.Targets[(given - 1)..]);
            int[] input = sequence[2..given], target = sequence[given..^1];
            Assert.Equal(text, mode == Id("[S2S]") ? [.. input, .. target] : Filled(input, target));
        }
        if (length == 512)
        {
            // Two, one and four of seven denoisers.
            Assert.InRange(modes[Id("[NLU]")], 35, 80);
            Assert.InRange(modes[Id("[S2S]")], 12, 48);
            Assert.InRange(modes[Id("[NLG]")], 90, 138);
        }
    }

    private static List<int> Filled(int[] input, int[] target)
    {
        int first = Id("<extra_id_0>");
        var spans = new List<List<int>>();
        foreach (int token in target)
        {
            if (token == first + spans.Count)
                spans.Add([]);
            else
                spans[^1].Add(token);
        }
        Assert.All(spans, span => Assert.NotEmpty(span));
        int next = 0;
        List<int> filled = [.. input.SelectMany(token => token == first + next ? spans[next++] : [token])];
        Assert.Equal(spans.Count, next);
        return filled;
    }

    /// <summary>Hidden shares and mean spans over many texts against the paper's numbers.</summary>
    [Theory]
    [InlineData(DenoiserMode.R, 3, 0.15)]
    [InlineData(DenoiserMode.R, 8, 0.15)]
    [InlineData(DenoiserMode.X, 8, 0.5)]
    [InlineData(DenoiserMode.X, 64, 0.15)]
    [InlineData(DenoiserMode.S, 1, 0.25)]
    public void Rates_and_spans_are_those_asked_for(DenoiserMode mode, double span, double rate)
    {
        var objective = new Ul2Objective { Denoisers = [new Denoiser { Mode = mode, Span = span, Rate = rate }] };
        ExampleMaker maker = objective.Bind(Tokenizer);
        int[] text = [.. Enumerable.Range(0, 512).Select(i => 1 + i % 200)];
        int first = Id("<extra_id_0>"), last = first + 99;
        double hidden = 0, spans = 0;
        for (ulong seed = 0; seed < 300; seed++)
        {
            Example example = maker.Make(new PieceText(text, false, false), seed);
            int[] target = [.. example.Targets.Where(token => token != Batch.Ignored)];
            spans += target.Count(token => token >= first && token <= last);
            hidden += target.Count(token => token < first || token > last);
        }
        Assert.Equal(rate, hidden / (300.0 * 512), 0.012);
        // Whole spans: 77 hidden tokens are one of 77 instead of 1.2 of 64.
        if (mode != DenoiserMode.S)
            Assert.InRange(hidden / spans, 0.94 * span, (span == 64 ? 1.25 : 1.1) * span);
    }

    /// <summary>4 tokens of which 2 are hidden in 2 spans are cut in one way; 5 of which 2 in 2: kept 1+2 or 2+1; 6 of which 3 in 2: four ways.</summary>
    [Fact]
    public void All_partitions_are_equally_likely()
    {
        var counts = new Dictionary<string, int>();
        for (ulong seed = 0; seed < 4000; seed++)
        {
            var random = new ExampleRandom(seed);
            string key = string.Join(' ', SpanCorruption.Lengths(6, 3, 2, ref random));
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }
        Assert.Equal(["1 1 2 2", "1 2 2 1", "2 1 1 2", "2 2 1 1"], counts.Keys.Order(StringComparer.Ordinal));
        Assert.All(counts.Values, count => Assert.InRange(count, 880, 1120));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(700)]
    public void Examples_of_a_piece_with_room_fit_the_row(int length)
    {
        ExampleMaker maker = new Ul2Objective().Bind(Tokenizer);
        int room = maker.Room(length), end = Tokenizer.EosId!.Value, longest = 0;
        for (ulong seed = 0; seed < 300; seed++)
        {
            longest = Math.Max(longest, maker.Make(new PieceText([end, .. Enumerable.Repeat(5, room - 1), end], true, true), seed).Length);
            longest = Math.Max(longest, maker.Make(new PieceText([.. Enumerable.Repeat(5, room + 1)], false, false), seed).Length);
        }
        Assert.InRange(longest, length < 512 ? length - 3 : 600, length);
    }

    [Fact]
    public void Missing_tokens_are_named_with_the_remedy()
    {
        string said = Assert.Throws<InvalidDataException>(() => new Ul2Objective().Bind(Words.Tokenizer("[NLU]", "[S2S]"))).Message;
        Assert.Contains("needs 101 tokens that the tokenizer lacks: [NLG], <extra_id_0>, <extra_id_1> \u2026 <extra_id_99>", said, StringComparison.Ordinal);
        Assert.Contains("special_tokens", said, StringComparison.Ordinal);
        Assert.NotNull(new Ul2Objective { Denoisers = [new Denoiser { Mode = DenoiserMode.S }], SToken = "" }.Bind(Words.Tokenizer()));
    }

    [Theory]
    [InlineData("longest: 1024", "sentinels: 171")]
    [InlineData("denoisers: []", "no denoiser")]
    [InlineData("denoisers: [{ mode: s, weight: 0 }]", "no denoiser")]
    [InlineData("sentinel: <extra>", "<extra_id_{0}>")]
    public void Impossible_settings_are_reported_before_any_work(string setting, string says)
    {
        var vocabulary = new RecipeVocabulary();
        PretrainStage.Register(vocabulary);
        string recipe = $"name: a\nstages:\n  train: {{ use: pretrain, tokens: 1M, objective: {{ kind: ul2, {setting} }} }}\n";
        Assert.Contains(says, Assert.Throws<RecipeException>(() => Recipe.Parse(System.Text.Encoding.UTF8.GetBytes(recipe), vocabulary)).Message, StringComparison.Ordinal);
    }
}
