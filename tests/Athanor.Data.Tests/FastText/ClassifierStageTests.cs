using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.FastText;

public sealed class ClassifierStageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{ use: classify, from: [mixed, model], label: good, min_score: 0.5, field: quality }")]
    [InlineData("{ use: process, from: [mixed, model], steps: [{ kind: classify, keep: [good], field: quality }] }")]
    public async Task A_classifier_trained_on_two_stages_keeps_what_is_like_the_first(string filter)
    {
        _folder.Write("good.txt", Lines(0, 300, 1));
        _folder.Write("bad.txt", Lines(1, 300, 2));
        _folder.Write("mixed.txt", Lines(0, 40, 3) + Lines(1, 60, 4));
        IReadOnlyDictionary<string, Artifact> made = await DataRecipe.Run(_folder, $$"""
            stages:
              good: { use: read_text, path: good.txt, unit: line }
              bad: { use: read_text, path: bad.txt, unit: line }
              mixed: { use: read_text, path: mixed.txt, unit: line }
              model: { use: train_classifier, from: [good, bad], labels: [good, bad], buckets: 10000, dimensions: 16, learning_rate: 0.5, held_out: 0.1 }
              filter: {{filter}}
            """);
        Document[] kept = [.. DocumentFile.Read(made["filter"].PathOf(DocumentFile.Name))];
        Assert.InRange(kept.Length, 38, 42);
        Assert.All(kept, document => Assert.Equal("good", document.Metadata["quality"]));
        Assert.All(kept, document => Assert.InRange(float.Parse(document.Metadata["quality_score"], System.Globalization.CultureInfo.InvariantCulture), 0.5f, 1.001f));
        Assert.InRange(double.Parse(made["model"].Manifest.Notes["accuracy"], System.Globalization.CultureInfo.InvariantCulture), 0.9, 1);
        Assert.Equal("bad good", made["model"].Manifest.Notes["labels"]);
    }

    [Theory]
    [InlineData("model: { use: train_classifier, from: [good, bad], labels: [good] }", "There are 1 labels for 2 stages")]
    [InlineData("model: { use: train_classifier, from: [good, bad] }", "label_by")]
    [InlineData("model: { use: train_classifier, from: good, label_by: kind }", "no metadata 'kind'")]
    [InlineData("filter: { use: classify, from: good }", "train_classifier")]
    [InlineData("filter: { use: classify, from: good, model: soft.bin, label: hq }", "good, bad, code")]
    [InlineData("filter: { use: language, from: good }", "lid.176.ftz")]
    [InlineData("filter: { use: language, from: good, model: soft.bin, keep: [en] }", "does not know the language 'en'")]
    public async Task What_is_missing_is_said(string stage, string said)
    {
        _folder.Write("good.txt", Lines(0, 5, 1));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "FastText", "Models", "soft.bin"), _folder["soft.bin"]);
        StageException error = await Assert.ThrowsAsync<StageException>(() => DataRecipe.Run(_folder, $$"""
            stages:
              good: { use: read_text, path: good.txt, unit: line }
              bad: { use: read_text, path: good.txt, unit: line }
              {{stage}}
            """));
        Assert.Contains(said.Split(", ")[0], error.Message, StringComparison.Ordinal);
    }

    private static string Lines(int label, int count, int seed)
    {
        var lines = new StringBuilder();
        foreach ((string _, string text) in LabelledLines.Make(count * 4, 2, 0.5, seed).Where(line => line.Label == $"class{label}").Take(count))
            lines.Append(text).Append('\n');
        return lines.ToString();
    }
}
