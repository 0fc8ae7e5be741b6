namespace Athanor.Data.Tests.FastText;

/// <summary>Texts of classes that differ in some of their words only, the same in every run.</summary>
internal static class LabelledLines
{
    private static readonly string[] Words = "the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not what all were we when your can".Split(' ');

    public static (string Label, string Text)[] Make(int count, int labels, double share, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int label = random.Next(labels);
            string text = string.Join(' ', Enumerable.Range(0, random.Next(3, 40)).Select(_ => random.NextDouble() < share ? $"k\u00E4{(label * 7) + random.Next(20)}\u6771" : Words[random.Next(Words.Length)]));
            return ($"class{label}", text);
        })];
    }

    public static string Write(string path, IEnumerable<(string Label, string Text)> lines)
    {
        File.WriteAllText(path, string.Concat(lines.Select(line => $"__label__{line.Label} {line.Text}\n")));
        return path;
    }
}
