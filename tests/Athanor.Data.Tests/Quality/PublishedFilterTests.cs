using System.IO.Compression;
using System.Text.Json;
using Athanor.Data.Documents;
using Athanor.Data.Quality;
using Athanor.Data.Segmentation;
using Athanor.Data.Steps;

namespace Athanor.Data.Tests.Quality;

/// <summary>
/// 177 made-up texts full of traps, with what the published Python says of them: datatrove 0.10's filters over spaCy 3.8's English rules, Dolma's gopher tagger, DCLM's filters and line modifiers. The file was
/// written by running that code, not by this project.
/// </summary>
public sealed class PublishedFilterTests
{
    private static readonly Dictionary<string, string> Rules = MakeRules();

    private sealed record Case(string Text, string[] Words, string Repetition, string Quality, string C4Fineweb, string? C4FinewebText, string Fineweb, string C4, string? C4Text, double[] Dolma, string[] Dclm,
        double Refinedweb, string? RefinedwebText);

    private static readonly Lazy<List<Case>> Cases = new(() =>
    {
        using var file = new GZipStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Quality", "Golden", "published-filters.jsonl.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(file);
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
        var cases = new List<Case>();
        while (reader.ReadLine() is { } line)
            cases.Add(JsonSerializer.Deserialize<Case>(line, options)!);
        Assert.Equal(177, cases.Count);
        return cases;
    });

    [Fact]
    public void Words_are_those_of_spacy()
    {
        var spaces = new SpaceWords();
        var english = new EnglishWords();
        WordTable spaced = new(), words = new();
        // Twice, since the second time words come from memory.
        for (int round = 0; round < 2; round++)
        {
            foreach (Case expected in Cases.Value)
            {
                spaced.Clear();
                words.Clear();
                spaces.Scan(expected.Text, spaced);
                english.Split(expected.Text, spaced, words);
                Assert.Equal(expected.Words, Enumerable.Range(0, words.Count).Select(i => expected.Text.Substring(words.Starts[i], words.Units[i])));
                Assert.Equal(expected.Words.Select(word => word.EnumerateRunes().Count()), words.Points.ToArray());
                Assert.Equal(expected.Words.Select(word => WordHash.Of(word)), words.Hashes.ToArray());
            }
        }
    }

    [Fact]
    public void Gopher_repetition_removes_what_datatrove_removes_by_the_same_rule() => Check("fineweb-gopher-repetition", expected => expected.Repetition, null);

    [Fact]
    public void Gopher_quality_removes_what_datatrove_removes_by_the_same_rule() => Check("fineweb-gopher-quality", expected => expected.Quality, null);

    [Fact]
    public void C4_keeps_the_lines_that_datatrove_keeps() => Check("c4", expected => expected.C4, expected => expected.C4Text);

    [Fact]
    public void C4_without_terminal_punctuation_keeps_the_lines_that_datatrove_keeps() =>
        Check(new C4LinesSettings { TerminalPunctuation = false }, expected => expected.C4Fineweb, expected => expected.C4FinewebText);

    [Fact]
    public void Finewebs_own_rules_remove_what_datatrove_removes_by_the_same_rule() =>
        Check(new FilterQualitySettings { Rules = [.. QualityProfile.Find("fineweb")!.Rules.Where(rule => rule.Signal.StartsWith("fineweb.", StringComparison.Ordinal)).Select(rule => new QualityRuleSettings { Signal = rule.Signal, Min = rule.Min, Max = rule.Max })] },
            expected => expected.Fineweb, null);

    [Fact]
    public void The_chain_removes_by_the_first_rule_of_its_parts()
    {
        DocumentStep step = new FilterQualitySettings { Profile = "fineweb" }.Prepare(1)();
        int kept = 0;
        foreach (Case expected in Cases.Value.Where(expected => expected.Repetition != "undefined" && expected.Quality != "undefined"))
        {
            string first = new[] { expected.Repetition, expected.Quality, expected.C4Fineweb }.FirstOrDefault(reason => reason.Length > 0) ?? "";
            var document = new Document("1", expected.Text);
            Removal? removal = step.Apply(ref document, default);
            if (first.Length > 0)
                Assert.Equal(Rules[first], removal?.Rule);
            else if (removal is not null)
                Assert.StartsWith("fineweb.", removal.Rule, StringComparison.Ordinal);
            kept += removal is null ? 1 : 0;
        }
        Assert.InRange(kept, 5, 100);
    }

    [Fact]
    public void Dolmas_attributes_have_dolmas_values()
    {
        var step = (QualityFilter)new FilterQualitySettings { Profile = "dolma" }.Prepare(1)();
        var values = new float[step.Signals.Count];
        foreach (Case expected in Cases.Value)
        {
            var document = new Document("1", expected.Text);
            step.Apply(ref document, values);
            for (int i = 0; i < values.Length; i++)
                Assert.True(Math.Abs(values[i] - expected.Dolma[i]) <= 1e-6 * Math.Max(1, Math.Abs(expected.Dolma[i])), $"{step.Signals[i]}: {values[i]}, Dolma says {expected.Dolma[i]} of: {expected.Text}");
        }
    }

    [Fact]
    public void Dclms_rules_agree_on_each_text()
    {
        string[] names = ["mean_word_length", "symbol_ratio", "bullet_lines", "ellipsis_lines", "words_without_letter", "stop_words"];
        IReadOnlyList<QualityRule> rules = QualityProfile.Find("dclm")!.Rules;
        var step = (QualityFilter)new FilterQualitySettings { Profile = "dclm" }.Prepare(1)();
        var values = new float[step.Signals.Count];
        List<string> signals = [.. step.Signals];
        foreach (Case expected in Cases.Value.Where(expected => expected.Words.Length > 0))
        {
            var document = new Document("1", expected.Text);
            step.Apply(ref document, values);
            string[] violated = [.. names.Where(name => rules.First(rule => rule.Signal == "dclm." + name).Violated(values[signals.IndexOf("dclm." + name)]) is not null).Order(StringComparer.Ordinal)];
            Assert.Equal(expected.Dclm, violated);
        }
    }

    [Fact]
    public void Refinedwebs_corrections_leave_the_text_that_dclm_leaves()
    {
        DocumentStep step = new RefinedWebLinesSettings { MaxWordsRemoved = 1 }.Prepare(1)();
        var values = new float[step.Signals.Count];
        foreach (Case expected in Cases.Value)
        {
            var document = new Document("1", expected.Text);
            Assert.Null(step.Apply(ref document, values));
            Assert.Equal(expected.RefinedwebText ?? expected.Text, document.Text);
            Assert.Equal((float)expected.Refinedweb, values[0], 1e-6);
        }
    }

    private static void Check(string profile, Func<Case, string> reason, Func<Case, string?>? text) => Check(new FilterQualitySettings { Profile = profile }, reason, text);

    private static void Check(IStepSource source, Func<Case, string> reason, Func<Case, string?>? text)
    {
        DocumentStep lazy = source.Prepare(1)(), full = source.Prepare(1)();
        var values = new float[full.Signals.Count];
        // Where datatrove divides by zero there is nothing to agree with.
        foreach (Case expected in Cases.Value.Where(expected => reason(expected) != "undefined"))
        {
            Document first = new("1", expected.Text), second = first;
            Removal? removal = lazy.Apply(ref first, default);
            string wanted = reason(expected).Length == 0 ? "" : Rules[reason(expected)];
            Assert.True(wanted == (removal?.Rule ?? ""), $"'{removal?.Rule}' ({removal?.Value}), published code says '{wanted}' of: {expected.Text}");
            Assert.Equal(removal, full.Apply(ref second, values));
            if (text is not null && wanted.Length == 0)
                Assert.Equal(text(expected) ?? expected.Text, first.Text);
        }
    }

    private static Dictionary<string, string> MakeRules()
    {
        var rules = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["dup_para_frac"] = "datatrove_repetition.paragraphs",
            ["dup_para_char_frac"] = "datatrove_repetition.paragraph_characters",
            ["dup_line_frac"] = "datatrove_repetition.lines",
            ["dup_line_char_frac"] = "datatrove_repetition.line_characters",
            ["gopher_short_doc"] = "datatrove.words",
            ["gopher_long_doc"] = "datatrove.words",
            ["gopher_below_avg_threshold"] = "datatrove.mean_word_length",
            ["gopher_above_avg_threshold"] = "datatrove.mean_word_length",
            ["gopher_too_many_hashes"] = "datatrove.hash_ratio",
            ["gopher_too_many_ellipsis"] = "datatrove.ellipsis_ratio",
            ["gopher_too_many_bullets"] = "datatrove.bullet_lines",
            ["gopher_too_many_end_ellipsis"] = "datatrove.ellipsis_lines",
            ["gopher_below_alpha_threshold"] = "datatrove.alphabetic_words",
            ["gopher_enough_stop_words"] = "datatrove.stop_words",
            ["lorem_ipsum"] = "c4.lorem_ipsum",
            ["curly_bracket"] = "c4.curly_brackets",
            ["too_few_sentences"] = "c4.sentences",
            ["empty"] = "fineweb.lines",
            ["line_punct_ratio"] = "fineweb.terminal_punctuation",
            ["short_line_ratio"] = "fineweb.short_lines",
            ["char_dup_ratio"] = "fineweb.repeated_characters",
            ["list_ratio"] = "fineweb.line_feeds_per_word",
        };
        for (int n = 2; n <= 4; n++)
            rules[$"top_{n}_gram"] = $"datatrove_repetition.top_{n}_gram";
        for (int n = 5; n <= 10; n++)
            rules[$"duplicated_{n}_n_grams"] = $"datatrove_repetition.repeated_{n}_grams";
        return rules;
    }
}
