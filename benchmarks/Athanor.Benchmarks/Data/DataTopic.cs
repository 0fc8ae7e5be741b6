namespace Athanor.Benchmarks.Data;

/// <summary>Topic data: rates of the steps and stages of the data pipeline, documents in memory, one core unless said.</summary>
internal static class DataTopic
{
    private static readonly Action<Options, Report>[] Families =
    [
        HashCases.Run,
        ReaderCases.Run,
        ExtractionCases.Run,
        NgramCases.Run,
        DedupCases.Run,
        QualityCases.Run,
        PipelineCases.Run,
        ExecutorCases.Run,
        AgreementCases.Run,
        CleaningCases.Run,
        ClassifierCases.Run,
    ];

    public static int Run(Options options)
    {
        var report = new Report(options, "data", threads: 1);
        foreach (Action<Options, Report> family in Families)
            family(options, report);
        return 0;
    }
}
