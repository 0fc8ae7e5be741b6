using Athanor.Data.Documents;
using Athanor.Data.Inspection;
using Athanor.Data.Quality;
using Athanor.Data.Steps;

namespace Athanor.Data.Tests.Quality;

public sealed class QualityReplayTests
{
    [Fact]
    public void A_condition_replaces_the_bound_on_its_side_and_no_other()
    {
        IReadOnlyList<ThresholdCondition> conditions = QualityReplay.Conditions([new("a.words", 50, 100), new("a.ratio", Max: 0.5)],
            [ThresholdCondition.Parse("filter_quality.a.words >= 60"), ThresholdCondition.Parse("b.lines > 3")]);
        Assert.Equal([new("filter_quality.a.words", ">=", 60), new("a.words", "<=", 100), new("a.ratio", "<=", 0.5f), new("b.lines", ">", 3)], conditions);
    }

    [Fact]
    public void A_replay_of_stored_signals_decides_as_the_run_did()
    {
        var random = new Random(7);
        string[] vocabulary = ["the", "river", "and", "stone", "paper", "engine", "green", "house", "of", "winter", "people", "answer", "#", "2024", "(see)", "light", "window", "model", "to", "market"];
        string[] texts = [.. Enumerable.Range(0, 400).Select(_ => string.Concat(Enumerable.Range(0, random.Next(30, 160)).Select(_ => vocabulary[random.Next(vocabulary.Length)] + (random.Next(8) == 0 ? ".\n" : " "))))];
        ThresholdCondition[] tighter = [ThresholdCondition.Parse("datatrove.words >= 70"), ThresholdCondition.Parse("datatrove.hash_ratio <= 0.05"), ThresholdCondition.Parse("datatrove.alphabetic_words >= 0.75")];
        QualityProfile profile = QualityProfile.Find("fineweb-gopher-quality")!;
        var other = new FilterQualitySettings
        {
            Profile = profile.Name,
            Rules =
            [
                new QualityRuleSettings { Signal = "datatrove.words", Min = 70, Max = 100_000 }, new QualityRuleSettings { Signal = "datatrove.hash_ratio", Max = 0.05 },
                new QualityRuleSettings { Signal = "datatrove.alphabetic_words", Min = 0.75 },
            ],
        };
        IReadOnlyList<ThresholdCondition> conditions = QualityReplay.Conditions(profile.Rules, tighter);
        DocumentStep step = new FilterQualitySettings { Profile = profile.Name }.Prepare(1)(), second = other.Prepare(1)();
        var values = new float[step.Signals.Count];
        int kept = 0;
        foreach (string text in texts)
        {
            Document document = new("", text), again = document;
            step.Apply(ref document, values);
            bool replayed = conditions.All(condition => condition.Holds(values[condition.ColumnOf(step.Signals)]));
            Assert.Equal(second.Apply(ref again, default) is null, replayed);
            kept += replayed ? 1 : 0;
        }
        Assert.InRange(kept, 1, 399);
    }
}
