using System.Text;
using Athanor.Data.Decontamination;
using Athanor.Data.Documents;
using Athanor.Data.Steps;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Settings;
using Athanor.Testing;

namespace Athanor.Data.Tests.Decontamination;

public sealed class DecontaminateTests : IDisposable
{
    private const string Question = "How many of the seven clips did Natalia sell to her best friends in April and in May?";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("%Q%", true)]
    [InlineData("Someone asked: HOW MANY of the seven clips -- did Natalia sell\nto her 'best' friends in april AND so on.", true)]
    [InlineData("How many of the seven clips did Natalia sell to her dear friends in April and in May", false)]
    [InlineData("", false)]
    public void A_run_of_thirteen_words_is_found_whatever_case_and_punctuation(string text, bool found)
    {
        DocumentStep step = Step(new DecontaminateSettings { Tasks = [Task()] });
        Removal? removal = Apply(step, text.Replace("%Q%", Question, StringComparison.Ordinal), out _, out _);
        Assert.Equal(found, removal is not null);
        if (removal is null)
            return;
        Assert.Equal("ngram", removal.Rule);
        Assert.Equal(13, removal.Threshold);
        Assert.True(removal.Value >= 13);
        Assert.StartsWith("clips#1: ", removal.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Short_questions_are_found_as_a_whole()
    {
        DocumentStep step = Step(new DecontaminateSettings { Tasks = [Task("What is the capital of the Republic of Ghana?")] });
        Assert.Equal(9, Apply(step, "He wondered what is the capital of the republic of Ghana, and looked it up.", out _, out _)!.Value);
        Assert.Null(Apply(step, "He wondered what is the capital of the republic of Benin, and looked it up.", out _, out _));
    }

    [Fact]
    public void Random_texts_are_judged_as_a_set_of_joined_words_judges_them()
    {
        var random = new Random(5);
        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => "abc"[random.Next(3)]));
        string[] questions = [.. Enumerable.Range(0, 30).Select(_ => Words(random.Next(5, 12)))];
        DocumentStep step = Step(new DecontaminateSettings { Tasks = [Task(questions)], Words = 7, MinWords = 7 });
        HashSet<string> grams = [.. questions.SelectMany(question => Grams(question, 7))];
        int hits = 0;
        for (int i = 0; i < 500; i++)
        {
            string text = Words(random.Next(0, 40));
            bool expected = Grams(text, 7).Any(grams.Contains);
            Removal? removal = Apply(step, text, out _, out float[] signals);
            Assert.Equal(expected, removal is not null);
            // The longest run by brute force.
            int longest = questions.Max(question => Enumerable.Range(7, 5).LastOrDefault(length => Grams(question, length).Any(gram => Grams(text, length).Contains(gram))));
            Assert.Equal(longest, signals[0]);
            hits += expected ? 1 : 0;
            if (removal is not null)
                Assert.Equal(removal.Value, text.Substring(removal.Span.Start, removal.Span.Length).Split(' ').Length);
        }
        Assert.InRange(hits, 20, 480);
    }

    [Fact]
    public void Datatrove_looks_for_answers_and_for_the_edge_of_question_and_answer()
    {
        var random = new Random(6);
        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => $"w{random.Next(1000)}"));
        string query = Words(20), answer = Words(15);
        DocumentStep step = Step(new DecontaminateSettings { Tasks = [Pair(query, answer)], Rule = ContaminationRule.Datatrove, Words = 12 });
        // n-grams as datatrove's indexer makes them.
        string[] q = query.Split(' '), a = answer.Split(' ');
        var expected = new HashSet<string>(Grams(answer, 12));
        for (int i = 0; i < 11; i++)
            expected.Add(string.Join(' ', q[^(11 - i)..].Concat(a[..(i + 1)])));
        string[] whole = [.. q, .. a];
        for (int at = 0; at + 12 <= whole.Length; at++)
        {
            string gram = string.Join(' ', whole[at..(at + 12)]);
            Assert.Equal(expected.Contains(gram), Apply(step, $"x {gram} y", out _, out _) is not null);
        }
    }

    [Theory]
    [InlineData(0.5, true)]
    [InlineData(0.7, false)]
    public void A_share_of_the_question_counts_where_asked(double share, bool found)
    {
        string[] words = [.. Enumerable.Range(0, 20).Select(number => $"w{number}")];
        DocumentStep step = Step(new DecontaminateSettings { Tasks = [Task(string.Join(' ', words))], Rule = ContaminationRule.Overlap, Words = 4, Share = share });
        // Two runs of six words: 12 of 20.
        Removal? removal = Apply(step, $"a {string.Join(' ', words[..6])} b c {string.Join(' ', words[10..16])} d", out _, out float[] signals);
        Assert.Equal(0.6f, signals[1]);
        Assert.Equal(6, signals[0]);
        Assert.Equal(found, removal is not null);
        if (found)
            Assert.Equal(("overlap", 0.6, share), (removal!.Rule, removal.Value, removal.Threshold));
    }

    [Fact]
    public void Copies_are_cut_out_with_what_stands_around_them()
    {
        var settings = new DecontaminateSettings { Tasks = [Task()], Action = ContaminationAction.Cut, CutAround = 20, MinRest = 30, MaxCuts = 2 };
        string left = new('l', 50), right = new('r', 60), text = $"{left} {Question} {right} {Question} tiny";
        DocumentStep step = Step(settings);
        Assert.Null(Apply(step, text, out Document cut, out _));
        // Of the left part 20 characters go (its space among them); of the middle 20 on each side, so it is too short; the end is too short as well.
        Assert.Equal(left[..31], cut.Text);
        Assert.Equal("clips#1", cut.Metadata["decontaminated"]);
        Assert.Equal("cuts", Apply(step, string.Join(new string('.', 60), Question, Question, Question), out _, out _)!.Rule);
        Assert.Equal("nothing_left", Apply(step, Question, out _, out _)!.Rule);
    }

    [Fact]
    public void Ideographs_are_words()
    {
        DocumentStep step = Step(new DecontaminateSettings { Tasks = [Task("\u4eca\u5929\u5929\u6c14\u5f88\u597d\u6211\u4eec\u53bb\u516c\u56ed\u73a9")] });
        Assert.NotNull(Apply(step, "\u3010\u4eca\u5929\uff0c\u5929\u6c14\u5f88\u597d\u3002\u6211\u4eec\u53bb\u516c\u56ed\u73a9\u3011", out _, out _));
    }

    [Fact]
    public void Fields_that_are_not_there_are_named_with_those_that_are()
    {
        TaskFileSettings task = Task() with { Query = ["prompt"] };
        var error = Assert.Throws<InvalidDataException>(() => Step(new DecontaminateSettings { Tasks = [task] }));
        Assert.Contains(":1: there is no field 'prompt'. Fields: question, answer", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<InvalidDataException>(() => Step(new DecontaminateSettings { Tasks = [Task("Too short.")] }));
        Assert.Contains("8 words", error.Message, StringComparison.Ordinal);
        string bad = _folder.Write("bad.jsonl", "{\"question\":\"a\"}\n{oops");
        error = Assert.Throws<InvalidDataException>(() => Step(new DecontaminateSettings { Tasks = [new TaskFileSettings { Path = new RecipePath(bad) }] }));
        Assert.Contains("bad.jsonl:2:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Separated_values_are_read_with_their_quotes()
    {
        string[][] records = [.. SeparatedValues.Read(new StringReader("a,\"b,\"\"c\"\"\nd\",e\r\n\r\n\"\",f"), ',').Select(record => record.ToArray())];
        Assert.Equal([["a", "b,\"c\"\nd", "e"], ["", "f"]], records);
    }

    [SharedDataFact("gsm8k/test.jsonl", "mmlu/test/astronomy_test.csv")]
    public void Real_questions_are_found_in_pages_that_quote_them()
    {
        DocumentStep step = Step(new DecontaminateSettings
        {
            Tasks =
            [
                new TaskFileSettings { Name = "gsm8k", Path = new RecipePath(SharedData.Path("gsm8k/test.jsonl")), Answer = ["answer"] },
                new TaskFileSettings { Name = "mmlu", Path = new RecipePath(Path.GetDirectoryName(SharedData.Path("mmlu/test/astronomy_test.csv"))!), Query = ["0"] },
            ],
        });
        string[] lines = File.ReadAllLines(SharedData.Path("gsm8k/test.jsonl"));
        for (int i = 0; i < lines.Length; i += 50)
        {
            string question = System.Text.Json.JsonDocument.Parse(lines[i]).RootElement.GetProperty("question").GetString()!;
            Removal? removal = Apply(step, $"A page about sums. {question.ToUpperInvariant().Replace(" ", "  ", StringComparison.Ordinal)} And more.", out _, out _);
            Assert.StartsWith($"gsm8k#{i + 1}: ", removal!.Note, StringComparison.Ordinal);
        }
        using var reader = new StreamReader(SharedData.Path("mmlu/test/astronomy_test.csv"));
        string longer = SeparatedValues.Read(reader, ',').Select(record => record[0]).First(text => text.Split(' ').Length > 15);
        Assert.Contains("mmlu/astronomy_test#", Apply(step, longer, out _, out _)!.Note, StringComparison.Ordinal);
        Assert.Null(Apply(step, "The quick brown fox jumps over the lazy dog, and the dog does not mind at all today.", out _, out _));
    }

    private TaskFileSettings Task(params string[] questions)
    {
        questions = questions.Length == 0 ? [Question] : questions;
        var lines = new StringBuilder();
        foreach (string question in questions)
            lines.Append(System.Text.Json.JsonSerializer.Serialize(new { question, answer = "" })).Append('\n');
        return new TaskFileSettings { Path = new RecipePath(_folder.Write("clips.jsonl", lines.ToString())) };
    }

    private TaskFileSettings Pair(string question, string answer) => new()
    {
        Path = new RecipePath(_folder.Write("pairs.jsonl", System.Text.Json.JsonSerializer.Serialize(new { question, answer }))),
        Answer = ["answer"],
    };

    private static DocumentStep Step(DecontaminateSettings settings) => settings.Prepare(0)();

    private static Removal? Apply(DocumentStep step, string text, out Document document, out float[] signals)
    {
        document = new Document("d", text);
        signals = new float[2];
        return step.Apply(ref document, signals);
    }

    private static IEnumerable<string> Grams(string text, int length)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Enumerable.Range(0, Math.Max(0, words.Length - length + 1)).Select(at => string.Join(' ', words[at..(at + length)]));
    }
}
