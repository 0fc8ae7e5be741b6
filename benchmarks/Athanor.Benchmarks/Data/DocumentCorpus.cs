using System.Text;
using Athanor.Benchmarks.Tokenizers;
using Athanor.Data.Documents;

namespace Athanor.Benchmarks.Data;

/// <summary>Documents in memory, to be measured over. Megabytes are 10^6 bytes of UTF-8 text.</summary>
internal sealed record DocumentCorpus(string Name, IReadOnlyList<Document> Documents)
{
    private static IReadOnlyList<DocumentCorpus>? _found;

    public double Megabytes { get; } = Documents.Sum(document => (double)Encoding.UTF8.GetByteCount(document.Text)) / 1e6;

    /// <summary>Half a megabyte is enough to see a mistake.</summary>
    public static int Limit(Options options) => options.Quick ? 500_000 : 5_000_000;

    /// <summary>
    /// The corpora that were asked for (--corpus NAME=FILE: text, or .jsonl documents), else what the machine has: the SDK's reference documentation in pages of about 3 kB, and samples of prose.
    /// </summary>
    public static IReadOnlyList<DocumentCorpus> Find(Options options) => _found ??= [.. Search(options).Where(corpus => corpus.Documents.Count > 0)];

    private static IEnumerable<DocumentCorpus> Search(Options options)
    {
        foreach ((string name, string path) in options.Corpora)
            yield return new DocumentCorpus(name, [.. Cut(path.EndsWith(".jsonl", StringComparison.Ordinal) || path.EndsWith(".jsonl.gz", StringComparison.Ordinal) ? DocumentFile.Read(path) : Pages(name, Corpus.Create(name, File.ReadAllBytes(path)).Documents, 1), Limit(options))]);
        if (options.Corpora.Count > 0)
            yield break;
        yield return new DocumentCorpus("sdk-docs", [.. Cut(Pages("sdk", SdkDocumentation.Entries, 3000), Limit(options))]);
        foreach (Corpus corpus in Corpus.Find(options).Where(corpus => corpus.Name == "prose"))
            yield return new DocumentCorpus("prose", [.. Cut(Pages("prose", corpus.Documents, 1), Limit(options))]);
    }

    /// <summary>Joins texts by a blank line until a page has the bytes asked for.</summary>
    private static IEnumerable<Document> Pages(string source, IReadOnlyList<ReadOnlyMemory<byte>> texts, int bytes)
    {
        var page = new StringBuilder();
        int pages = 0;
        foreach (ReadOnlyMemory<byte> text in texts)
        {
            page.Append(page.Length > 0 ? "\n\n" : "").Append(Encoding.UTF8.GetString(text.Span));
            if (page.Length < bytes)
                continue;
            yield return new Document(FormattableString.Invariant($"{source}-{pages++}"), page.ToString()) { Source = source };
            page.Clear();
        }
        if (page.Length > 0)
            yield return new Document(FormattableString.Invariant($"{source}-{pages}"), page.ToString()) { Source = source };
    }

    private static IEnumerable<Document> Cut(IEnumerable<Document> documents, long bytes)
    {
        long taken = 0;
        foreach (Document document in documents)
        {
            if ((taken += document.Text.Length) > bytes && taken > document.Text.Length)
                yield break;
            yield return document;
        }
    }
}
