using System.Text;
using Athanor.Data.Documents;

namespace Athanor.Data.Tests.Testing;

/// <summary>Documents of random words, the same in every run.</summary>
internal static class Corpus
{
    private static readonly string[] Words = ["the", "of", "and", "a", "river", "stone", "caf\u00e9", "walks", "\"said\"", "back\\slash", "42", "\ud83d\ude00", "line.\n", "quick", "brown", "fox"];

    public static IEnumerable<Document> Make(int count, int seed = 1, int longest = 400)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            text.Clear();
            for (int word = random.Next(1, longest); word > 0; word--)
                text.Append(Words[random.Next(Words.Length)]).Append(' ');
            yield return new Document($"doc-{i}", text.ToString())
            {
                Source = $"source-{i % 3}",
                Metadata = new Dictionary<string, string> { ["number"] = $"{i}" },
                Origin = new DocumentOrigin($"file-{i / 100}.warc", i * 1000L),
            };
        }
    }

    public static string Write(TemporaryFolder folder, string name, IEnumerable<Document> documents)
    {
        string path = folder[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var writer = new DocumentWriter(path);
        foreach (Document document in documents)
            writer.Write(document);
        return path;
    }
}
