namespace Athanor.Benchmarks.Tokenizers;

/// <summary>Topic tokenizers: training, encoding and decoding on real text.</summary>
internal static class TokenizersTopic
{
    private static readonly Action<Options, Report>[] Families =
    [
        EncodingCases.Run,
        TrainingCases.Run,
    ];

    public static int Run(Options options)
    {
        var report = new Report(options, "tokenizers", threads: 1);
        foreach (Action<Options, Report> family in Families)
            family(options, report);
        return 0;
    }
}
