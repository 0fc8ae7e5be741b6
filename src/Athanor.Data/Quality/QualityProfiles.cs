namespace Athanor.Data.Quality;

/// <summary>The published thresholds.</summary>
internal static class QualityProfiles
{
    public static IReadOnlyList<QualityProfile> Make() =>
    [
        new("gopher-paper", "Gopher's quality and repetition rules (arXiv 2112.11446, table A1) in their plainest reading.",
        [
            .. Quality("gopher", "gopher.mean_word_length", [new("gopher.hash_ratio", Max: 0.1), new("gopher.ellipsis_ratio", Max: 0.1)], new("gopher.alphabetic_words", Min: 0.8)),
            .. Lines("gopher_repetition"), .. Grams("gopher_repetition"),
        ]),
        new("fineweb", "FineWeb as datatrove 0.10 makes it: Gopher repetition, Gopher quality, C4 without terminal punctuation, FineWeb's own rules.",
            [.. DatatroveRepetition(), .. DatatroveQuality(), .. C4(), .. FineWeb()]) { C4 = new C4Rules { TerminalPunctuation = false } },
        new("fineweb-gopher-quality", "Gopher quality as datatrove 0.10 has it, alone.", [.. DatatroveQuality()]),
        new("fineweb-gopher-repetition", "Gopher repetition as datatrove 0.10 has it, alone.", [.. DatatroveRepetition()]),
        new("c4", "C4's rules as datatrove 0.10 has them, terminal punctuation included; the list of bad words is the step filter_words.", [.. C4()]),
        new("dolma", "Dolma 1.5's Gopher rules: the tagger gopher_v1 with the thresholds of its mixer configuration.", [.. Dolma()]),
        new("dclm", "DCLM-Baseline's rules about text: Gopher quality, Gopher repetition, RefinedWeb's line corrections.",
        [
            .. Quality("dclm", "dclm.mean_word_length", [new("dclm.symbol_ratio", Max: 0.1)], new("dclm.words_without_letter", Max: 0.2)),
            .. Lines("dclm_repetition"), .. Grams("dclm_repetition"), new("refinedweb.words_removed", Max: 0.05),
        ]),
        new("refinedweb", "RefinedWeb's line corrections alone; a document that loses more than 5 % of its words is removed.", [new("refinedweb.words_removed", Max: 0.05)]),
        new("slimpajama", "SlimPajama's rule: at least 200 characters without punctuation.", [new("slimpajama.characters", Min: 200)]),
    ];

    private static IEnumerable<QualityRule> Quality(string family, string length, QualityRule[] symbols, QualityRule alphabetic) =>
    [
        new($"{family}.words", 50, 100_000), new(length, 3, 10), .. symbols, new($"{family}.bullet_lines", Max: 0.9), new($"{family}.ellipsis_lines", Max: 0.3), alphabetic,
        new($"{family}.stop_words", Min: 2),
    ];

    private static IEnumerable<QualityRule> DatatroveQuality() =>
        Quality("datatrove", "datatrove.mean_word_length", [new("datatrove.hash_ratio", Max: 0.1), new("datatrove.ellipsis_ratio", Max: 0.1)], new("datatrove.alphabetic_words", Min: 0.8));

    private static IEnumerable<QualityRule> DatatroveRepetition() =>
    [
        new("datatrove_repetition.paragraphs", Max: 0.3), new("datatrove_repetition.paragraph_characters", Max: 0.2),
        new("datatrove_repetition.lines", Max: 0.3), new("datatrove_repetition.line_characters", Max: 0.2), .. Grams("datatrove_repetition"),
    ];

    private static IEnumerable<QualityRule> Lines(string family) =>
    [
        new($"{family}.lines", Max: 0.3), new($"{family}.paragraphs", Max: 0.3), new($"{family}.line_characters", Max: 0.2), new($"{family}.paragraph_characters", Max: 0.2),
    ];

    private static IEnumerable<QualityRule> Grams(string family)
    {
        double[] thresholds = [0.2, 0.18, 0.16, 0.15, 0.14, 0.13, 0.12, 0.11, 0.10];
        return CoveredRepetition.Names.Zip(thresholds, (name, threshold) => new QualityRule($"{family}.{name}", Max: threshold));
    }

    private static IEnumerable<QualityRule> C4() => [new("c4.lorem_ipsum", Max: 0), new("c4.curly_brackets", Max: 0), new("c4.sentences", Min: 5)];

    private static IEnumerable<QualityRule> FineWeb() =>
    [
        new("fineweb.lines", Min: 1), new("fineweb.terminal_punctuation", Min: 0.12), new("fineweb.short_lines", Max: 0.67), new("fineweb.repeated_characters", Max: 0.01),
        new("fineweb.line_feeds_per_word", Max: 0.3),
    ];

    private static IEnumerable<QualityRule> Dolma() =>
    [
        new("dolma.words", 50, 100_000), new("dolma.median_word_length", 3, 10), new("dolma.symbol_words", Max: 0.1), new("dolma.alphabetic_words", Min: 0.8), new("dolma.stop_words", Min: 2),
        new("dolma.bullet_lines", Max: 0.9), new("dolma.ellipsis_lines", Max: 0.3), new("dolma.lines", Max: 0.3), new("dolma.line_characters", Max: 0.3), .. Grams("dolma"),
    ];
}
