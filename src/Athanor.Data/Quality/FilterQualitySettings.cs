using Athanor.Data.Steps;
using Athanor.Runs.Settings;

namespace Athanor.Data.Quality;

/// <summary>A rule of <c>filter_quality</c> in a recipe.</summary>
public sealed record QualityRuleSettings
{
    /// <summary>The signal, such as datatrove.words; a rule of the profile with the same signal is replaced.</summary>
    public required string Signal { get; init; }

    /// <summary>The least that is kept.</summary>
    public double? Min { get; init; }

    /// <summary>The most that is kept. With neither bound the rule is switched off and its signal is still measured.</summary>
    public double? Max { get; init; }
}

/// <summary>Settings of <c>filter_quality</c>: removes documents by heuristic rules, those of a published profile or rules of one's own.</summary>
public sealed record FilterQualitySettings : IStepSource, IValidated
{
    /// <summary>gopher-paper, fineweb, fineweb-gopher-quality, fineweb-gopher-repetition, c4, dolma, dclm, refinedweb or slimpajama; left out, only the rules given here.</summary>
    public string? Profile { get; init; }

    /// <summary>Rules that replace those of the profile or are added to them.</summary>
    public IReadOnlyList<QualityRuleSettings> Rules { get; init; } = [];

    /// <summary>Families of signals to measure though no rule asks for them, for what-if: text, gopher, dolma and others.</summary>
    public IReadOnlyList<string> Measure { get; init; } = [];

    /// <summary>The rules that apply, in their order.</summary>
    public IReadOnlyList<QualityRule> EffectiveRules =>
        QualityPlan.Grouped(QualityReplay.With(Profile is null ? [] : QualityProfile.Find(Profile)?.Rules ?? [], [.. Rules.Select(rule => new QualityRule(rule.Signal, rule.Min, rule.Max))]));

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        bool known = Profile is null || QualityProfile.Find(Profile) is not null;
        check.Require(known, nameof(Profile), $"there is no profile '{Profile}'.", $"Name one of {string.Join(", ", QualityProfile.All.Select(profile => profile.Name))}.");
        check.Require(Profile is not null || Rules.Count > 0 || Measure.Count > 0, nameof(Profile), "there is neither a profile nor a rule.", "Set profile, such as fineweb, or rules.");
        foreach (QualityRuleSettings rule in Rules)
            check.Require(rule.Min is null || rule.Max is null || rule.Min <= rule.Max, nameof(Rules), $"the rule for {rule.Signal} keeps nothing: min {rule.Min} is above max {rule.Max}.");
        if (!known)
            return;
        try
        {
            _ = Plan();
        }
        catch (InvalidDataException e)
        {
            check.Problem(nameof(Rules), e.Message);
        }
    }

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        QualityPlan plan = Plan();
        return () => new QualityFilter(plan);
    }

    private QualityPlan Plan() => new(EffectiveRules, Profile is null ? new C4Rules() : QualityProfile.Find(Profile)?.C4 ?? new C4Rules(), Measure);
}

/// <summary>Settings of <c>c4_lines</c>: keeps the lines that C4's rules keep, and the documents with enough sentences in them.</summary>
public sealed record C4LinesSettings : IStepSource
{
    /// <summary>Drop lines that do not end in . ? ! " or ', or end in an ellipsis. FineWeb switches this off.</summary>
    public bool TerminalPunctuation { get; init; } = true;

    /// <summary>Delete citation marks: [12], [edit], [citation needed].</summary>
    public bool Citations { get; init; } = true;

    /// <summary>Words that a line must have.</summary>
    [System.ComponentModel.DataAnnotations.Range(0, 1000)]
    public int MinWords { get; init; } = 3;

    /// <summary>Characters of a word up to which a line is kept.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, 1_000_000)]
    public int LongestWord { get; init; } = 1000;

    /// <summary>Drop lines with the word javascript.</summary>
    public bool JavaScript { get; init; } = true;

    /// <summary>Drop lines about terms of use, privacy and cookies.</summary>
    public bool Policies { get; init; } = true;

    /// <summary>Remove documents with a curly bracket.</summary>
    public bool CurlyBrackets { get; init; } = true;

    /// <summary>Remove documents with lorem ipsum.</summary>
    public bool LoremIpsum { get; init; } = true;

    /// <summary>Sentences that must be left.</summary>
    [System.ComponentModel.DataAnnotations.Range(0, 1_000_000)]
    public int MinSentences { get; init; } = 5;

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        var plan = new QualityPlan(
            [new("c4.lorem_ipsum", Max: LoremIpsum ? 0 : null), new("c4.curly_brackets", Max: CurlyBrackets ? 0 : null), new("c4.sentences", Min: MinSentences)],
            new C4Rules { TerminalPunctuation = TerminalPunctuation, Citations = Citations, MinWords = MinWords, LongestWord = LongestWord, JavaScript = JavaScript, Policies = Policies });
        return () => new QualityFilter(plan);
    }
}

/// <summary>Settings of <c>refinedweb_lines</c>: RefinedWeb's line corrections; documents that lose too much by them are removed.</summary>
public sealed record RefinedWebLinesSettings : IStepSource
{
    /// <summary>The share of its words that a document may lose.</summary>
    [System.ComponentModel.DataAnnotations.Range(0, 1)]
    public double MaxWordsRemoved { get; init; } = 0.05;

    /// <inheritdoc/>
    public Func<DocumentStep> Prepare(long seed)
    {
        var plan = new QualityPlan([new("refinedweb.words_removed", Max: MaxWordsRemoved)], new C4Rules());
        return () => new QualityFilter(plan);
    }
}
