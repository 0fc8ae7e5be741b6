using Athanor.Data.Documents;
using Athanor.Data.Quality;
using Athanor.Data.Steps;

namespace Athanor.Data.Tests.Quality;

public sealed class QualityFilterTests
{
    private const string Story = "The old engine stood in the small green house, and the people of the town came to see it every winter. They had a question for it, and it had an answer that nobody understood.\n" +
        "One day a child asked it to be quiet for a while. The engine thought about that and stopped. In the morning the river could be heard again, and with it the wind in the trees.\n" +
        "Nobody has started it since. The house is still there, and the child, who is old now, likes to have her tea beside it.";

    [Fact]
    public void A_good_text_passes_every_profile_unchanged()
    {
        foreach (QualityProfile profile in QualityProfile.All)
        {
            var document = new Document("1", Story);
            Assert.Null(new FilterQualitySettings { Profile = profile.Name }.Prepare(1)().Apply(ref document, default));
            Assert.Equal(Story, document.Text);
        }
    }

    [Fact]
    public void A_removal_shows_the_value_the_threshold_and_the_place()
    {
        var document = new Document("1", Story + "\n" + string.Concat(Enumerable.Repeat("# tags #more #tags\n", 20)));
        Removal removal = new FilterQualitySettings { Profile = "fineweb-gopher-quality" }.Prepare(1)().Apply(ref document, default)!;
        Assert.Equal("datatrove.hash_ratio", removal.Rule);
        Assert.Equal(0.1, removal.Threshold);
        Assert.True(removal.Value > 0.1);
        Assert.Equal("#", document.Text.Substring(removal.Span.Start, removal.Span.Length));
    }

    [Fact]
    public void The_span_of_a_repeated_n_gram_is_the_repeat()
    {
        const string Phrase = "every winter the people of the town came to see";
        var document = new Document("1", string.Join(" and ", Enumerable.Range(0, 12).Select(i => $"word{i} {Phrase}")));
        Removal removal = new FilterQualitySettings { Rules = [new QualityRuleSettings { Signal = "datatrove_repetition.repeated_8_grams", Max = 0.12 }] }.Prepare(1)().Apply(ref document, default)!;
        Assert.Equal("every winter the people of the town came", document.Text.Substring(removal.Span.Start, removal.Span.Length));
        Assert.True(removal.Span.Start > document.Text.IndexOf(Phrase, StringComparison.Ordinal));
    }

    [Fact]
    public void Rules_behind_a_change_of_text_see_the_new_text_and_show_it_as_a_note()
    {
        // C4 drops the short lines that FineWeb would have counted, and the blank ones.
        string text = string.Join("\n\n", Enumerable.Repeat(Story, 2)) + "\nshort\nlines\nhere";
        var document = new Document("1", text);
        Removal removal = new FilterQualitySettings
        {
            Rules = [new QualityRuleSettings { Signal = "c4.sentences", Min = 5 }, new QualityRuleSettings { Signal = "fineweb.repeated_characters", Max = 0.01 }],
        }.Prepare(1)().Apply(ref document, default)!;
        Assert.Equal("fineweb.repeated_characters", removal.Rule);
        Assert.Equal(default, removal.Span);
        Assert.StartsWith("The old engine", removal.Note, StringComparison.Ordinal);
        Assert.Equal(text, document.Text);
    }

    [Fact]
    public void A_rule_given_in_a_recipe_replaces_that_of_the_profile()
    {
        var settings = new FilterQualitySettings { Profile = "fineweb-gopher-quality", Rules = [new QualityRuleSettings { Signal = "datatrove.words", Min = 3 }, new QualityRuleSettings { Signal = "datatrove.stop_words" }] };
        var document = new Document("1", "Four very short words.");
        Assert.Null(settings.Prepare(1)().Apply(ref document, default));
        Assert.Equal(8, settings.EffectiveRules.Count);
    }

    [Theory]
    [InlineData("datatrove.wordz", "There is no signal 'datatrove.wordz'; of its family there are datatrove.words,")]
    [InlineData("nonsense.words", "There is no family of signals 'nonsense'; there are gopher,")]
    public void An_unknown_signal_is_refused_with_those_there_are(string signal, string message)
    {
        var settings = new FilterQualitySettings { Rules = [new QualityRuleSettings { Signal = signal, Min = 1 }] };
        Assert.StartsWith(message, Assert.Throws<InvalidDataException>(() => settings.Prepare(1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n\n")]
    [InlineData("\ud800 lone \udc00 surrogates \ud800")]
    [InlineData("\0\0\0 a\0b")]
    public void Odd_texts_are_measured_without_an_error(string text)
    {
        foreach (QualityProfile profile in QualityProfile.All)
        {
            DocumentStep step = new FilterQualitySettings { Profile = profile.Name, Measure = ["text"] }.Prepare(1)();
            var values = new float[step.Signals.Count];
            var document = new Document("1", text);
            Array.Fill(values, -1);
            if (step.Apply(ref document, values) is not null)
                Assert.Equal(text, document.Text);
            Assert.DoesNotContain(-1, values);
        }
    }

    [Fact]
    public void Texts_without_white_space_take_time_in_proportion()
    {
        DocumentStep step = new FilterQualitySettings { Profile = "fineweb" }.Prepare(1)();
        foreach (string unit in (string[])["(", "a.", "a-", "@a.b", ":)", "....", "\u2026", "a/b.", "x:y=", "'s", "http://a.b/"])
        {
            var document = new Document("1", string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length)));
            var watch = System.Diagnostics.Stopwatch.StartNew();
            step.Apply(ref document, default);
            Assert.True(watch.Elapsed.TotalSeconds < 60, $"{unit}: {watch.Elapsed}");
        }
    }
}
