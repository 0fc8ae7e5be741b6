using System.Globalization;
using Athanor.Tokenizers.Inspection;
using Spectre.Console;

namespace Athanor.Cli.Tokenizers;

/// <summary>An inspection for people.</summary>
internal static class InspectView
{
    public static void Write(TokenizerInspection inspection, TextWriter output)
    {
        IAnsiConsole console = Terminal.Create(output);
        VocabularyReport vocabulary = inspection.Vocabulary;
        Section(console, "Vocabulary");
        Table facts = Terminal.Table("", "");
        Row(facts, "tokens", $"{Number(vocabulary.Tokens)} of {Number(vocabulary.Size)} ids, {Number(vocabulary.Special)} of them special");
        Row(facts, "mean length", $"{Real(vocabulary.MeanBytes)} bytes");
        Row(facts, "kinds", Groups(vocabulary.Kinds));
        Row(facts, "digits alone", vocabulary.Digits.Count == 0 ? "none" : string.Join(", ", vocabulary.Digits.Select(group => $"{group.Name} digits: {Number(group.Tokens)}")));
        Row(facts, "longest run of spaces", Number(vocabulary.LongestSpaces));
        Row(facts, "lengths in bytes", string.Join(", ", vocabulary.Lengths.Select(group => $"{group.Name}: {Number(group.Tokens)}")));
        console.Write(facts);
        Examples(console, "Longest tokens", vocabulary.Longest, "bytes", token => token.Bytes);

        Section(console, "How it cuts");
        Table samples = Terminal.Table("text", "tokens");
        foreach (SampleCut sample in inspection.Samples)
            Row(samples, sample.Text, string.Join(" | ", sample.Tokens));
        console.Write(samples);

        if (inspection.Corpora.Count == 0)
            return;
        Section(console, "Corpora");
        console.Write(Corpora(inspection.Corpora));
        Section(console, $"Tokens never used: {Number(inspection.UnusedTokens)} of {Number(vocabulary.Tokens - vocabulary.Special)}");
        if (inspection.Unused.Count > 0)
            console.WriteLine(string.Join("  ", inspection.Unused.Select(token => token.Text)));
        foreach (CorpusReport corpus in inspection.Corpora)
            Examples(console, $"Most frequent in {corpus.Name}", corpus.Frequent, "uses", token => token.Count);
    }

    public static Table Corpora(IReadOnlyList<CorpusReport> corpora)
    {
        Table table = Terminal.Table("corpus", "documents", "MB", "tokens", "bytes/token", "chars/token", "tokens/word", "words split", "tokens used", "unknown", "byte tokens");
        foreach (CorpusReport corpus in corpora)
        {
            Row(table, corpus.Name, Number(corpus.Documents), Real(corpus.Bytes / 1e6), Number(corpus.Tokens), Real(corpus.BytesPerToken), Real(corpus.CharactersPerToken),
                Real(corpus.TokensPerWord), string.Create(CultureInfo.InvariantCulture, $"{corpus.SplitShare:0.0%}"), Number(corpus.Used), Number(corpus.Unknown), Number(corpus.Fallback));
        }
        return table;
    }

    public static void Section(IAnsiConsole console, string title)
    {
        console.WriteLine();
        console.MarkupLine($"[bold]{Markup.Escape(title)}[/]");
    }

    public static void Row(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Real(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Groups(IReadOnlyList<TokenGroup> groups) => string.Join(", ", groups.Select(group => $"{group.Name} {Number(group.Tokens)}"));

    private static void Examples(IAnsiConsole console, string title, IReadOnlyList<TokenExample> tokens, string unit, Func<TokenExample, long> value)
    {
        Section(console, title);
        Table table = Terminal.Table("id", unit, "token");
        foreach (TokenExample token in tokens)
            Row(table, Number(token.Id), Number(value(token)), token.Text);
        console.Write(table);
    }
}
