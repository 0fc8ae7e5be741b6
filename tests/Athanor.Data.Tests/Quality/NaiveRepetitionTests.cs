using Athanor.Data.Documents;
using Athanor.Data.Quality;
using Athanor.Data.Steps;

namespace Athanor.Data.Tests.Quality;

/// <summary>The repetition families against code that is as plain as their definitions, on random texts of few words, which repeat a lot.</summary>
public sealed class NaiveRepetitionTests
{
    [Theory]
    [InlineData("gopher-paper", "gopher_repetition", false)]
    [InlineData("dclm", "dclm_repetition", true)]
    public void Covered_repetition_is_what_sets_of_places_say(string profile, string family, bool allOccurrences)
    {
        DocumentStep step = new FilterQualitySettings { Profile = profile }.Prepare(1)();
        var values = new float[step.Signals.Count];
        List<string> signals = [.. step.Signals];
        var random = new Random(3);
        for (int round = 0; round < 300; round++)
        {
            string text = Text(random);
            var document = new Document("1", text);
            step.Apply(ref document, values);
            string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            double letters = words.Sum(word => word.Length);
            for (int n = 2; n <= 10; n++)
            {
                string name = $"{family}.{(n <= 4 ? $"top_{n}_gram" : $"repeated_{n}_grams")}";
                Assert.Equal(n <= 4 ? Top(words, n) / letters : Covered(words, n) / letters, values[signals.IndexOf(name)], 1e-5);
            }
            string[] lines = [.. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
            (double count, double characters) = Repeated(lines, allOccurrences);
            Assert.Equal(count, values[signals.IndexOf($"{family}.lines")], 1e-5);
            Assert.Equal(characters, values[signals.IndexOf($"{family}.line_characters")], 1e-5);
        }
    }

    private static string Text(Random random)
    {
        string[] vocabulary = [.. Enumerable.Range(0, random.Next(2, 60)).Select(i => new string((char)('a' + i % 26), 1 + i % 7))];
        return string.Concat(Enumerable.Range(0, random.Next(1, 150)).Select(_ => vocabulary[random.Next(vocabulary.Length)] + (random.Next(5) == 0 ? "\n" : random.Next(9) == 0 ? "\n\n" : " ")));
    }

    private static double Top(string[] words, int n)
    {
        var counts = Grams(words, n).GroupBy(gram => gram).Select(group => (Count: group.Count(), Letters: group.Key.Replace(" ", "", StringComparison.Ordinal).Length)).ToList();
        if (counts.Count == 0 || counts.Max(gram => gram.Count) == 1)
            return 0;
        int most = counts.Max(gram => gram.Count);
        return most * counts.Where(gram => gram.Count == most).Max(gram => gram.Letters);
    }

    private static double Covered(string[] words, int n)
    {
        string[] grams = [.. Grams(words, n)];
        var repeated = grams.GroupBy(gram => gram).Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet();
        var covered = new HashSet<int>();
        for (int i = 0; i < grams.Length; i++)
        {
            if (repeated.Contains(grams[i]))
                covered.UnionWith(Enumerable.Range(i, n));
        }
        return covered.Sum(i => words[i].Length);
    }

    private static IEnumerable<string> Grams(string[] words, int n) => Enumerable.Range(0, Math.Max(0, words.Length - n + 1)).Select(i => string.Join(' ', words[i..(i + n)]));

    private static (double Lines, double Characters) Repeated(string[] lines, bool all)
    {
        var groups = lines.GroupBy(line => line).Where(group => group.Count() > 1).Select(group => (Times: group.Count() - (all ? 0 : 1), group.Key.Length)).ToList();
        return lines.Length == 0 ? (0, 0) : ((double)groups.Sum(group => group.Times) / lines.Length, (double)groups.Sum(group => group.Times * group.Length) / lines.Sum(line => line.Length));
    }
}
