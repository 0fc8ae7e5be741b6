using Athanor.Data.Documents;
using Athanor.Data.Readers;

namespace Athanor.Data.Tests.Readers;

/// <summary>Reads whole corpora in the ways that must not differ.</summary>
internal static class Reading
{
    public static List<Document> All(IDocumentReader reader, out ReadProblems problems, long taskBytes = 1 << 30)
    {
        problems = new ReadProblems();
        var documents = new List<Document>();
        foreach (ReadTask task in reader.Tasks(taskBytes))
        {
            var own = new ReadProblems();
            documents.AddRange(reader.Read(task, default, own).Select(read => read.Document));
            problems.Add(own);
        }
        return documents;
    }

    /// <summary>As <see cref="All"/>, but beginning anew behind each document.</summary>
    public static List<Document> Resumed(IDocumentReader reader, out ReadProblems problems, long taskBytes = 1 << 30)
    {
        problems = new ReadProblems();
        var documents = new List<Document>();
        foreach (ReadTask task in reader.Tasks(taskBytes))
        {
            ReadMark mark = default;
            bool more = true;
            while (more)
            {
                var own = new ReadProblems();
                more = false;
                foreach (ReadDocument read in reader.Read(task, mark, own))
                {
                    documents.Add(read.Document);
                    mark = read.Next;
                    more = true;
                    break;
                }
                problems.Add(own);
            }
        }
        return documents;
    }

    public static void Same(IReadOnlyList<Document> expected, IReadOnlyList<Document> actual)
    {
        Assert.Equal(expected.Select(document => (document.Id, document.Text, document.Source, document.Origin)), actual.Select(document => (document.Id, document.Text, document.Source, document.Origin)));
        Assert.Equal(expected.Select(Metadata), actual.Select(Metadata));
        static string Metadata(Document document) => string.Join('|', document.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Key + "=" + pair.Value));
    }
}
