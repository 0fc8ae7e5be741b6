using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.FastText;
using Athanor.Data.Languages;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>train_language_id</c>.</summary>
public sealed record TrainLanguageIdSettings
{
    /// <summary>A folder of locales with gettext catalogues (de/LC_MESSAGES/*.mo); left out: /usr/share/locale and the .NET SDK's translated messages.</summary>
    [Input]
    public RecipePath? Locales { get; init; }

    /// <summary>A language with less text is left out, in characters: the model would only guess it.</summary>
    [Range(1_000, int.MaxValue)]
    public int MinText { get; init; } = 30_000;

    /// <summary>More text of a language is not read, in characters, so that none outweighs the others.</summary>
    [Range(1_000, 100_000_000)]
    public int MaxText { get; init; } = 150_000;

    /// <summary>Times that training goes over the text.</summary>
    [Range(1, 1000)]
    public int Epochs { get; init; } = 4;

    /// <summary>The share of texts that is not trained on, to tell how good the model is.</summary>
    [Range(0.0, 0.5)]
    public double HeldOut { get; init; } = 0.1;
}

/// <summary>Trains a small language identifier on the translated messages of the programs that a machine has, and on documents whose metadata name their language.</summary>
public static class TrainLanguageIdStage
{
    internal static StageKind Kind { get; } = StageKind.Of<TrainLanguageIdSettings>("train_language_id", "1", "Trains a small language identifier on translated program messages that this machine has.", LanguageSettings.ModelKind, Run) with
    {
        Takes = [new StageInput(DataStages.Documents, 0, 64)],
    };

    private static Task Run(StageContext context, TrainLanguageIdSettings settings, CancellationToken cancellation)
    {
        LanguageTexts texts = Read(context, settings, cancellation);
        KeyValuePair<string, StringBuilder>[] languages = [.. texts.Texts.Where(language => language.Value.Length >= settings.MinText).OrderBy(language => language.Key, StringComparer.Ordinal)];
        if (languages.Length < 2)
        {
            throw new InvalidDataException($"This machine has text in {languages.Length} languages ({texts.Files} catalogues in {settings.Locales?.FullPath ?? LanguageTexts.Locales} and the .NET SDK); two are needed. " +
                "Install translations, put documents with metadata 'language' into from, or use lid.176.ftz (0.9 MB, https://fasttext.cc/docs/en/language-identification.html) with the step language.");
        }
        var options = new FastTextOptions { Dimensions = 16, MinCharacters = 2, MaxCharacters = 4, MinCount = 3, Buckets = 250_000, Epochs = settings.Epochs, LearningRate = 0.5, Seed = context.Seed };
        using var trainer = new FastTextTrainer(options, Path.Combine(context.Output, ".examples"));
        var heldOut = new List<(string Language, string Text)>();
        foreach ((string language, StringBuilder text) in languages)
        {
            foreach (string piece in Pieces(text.ToString(), context.Seed))
            {
                if (ContentHash.Place(piece, context.Seed) < settings.HeldOut)
                    heldOut.Add((language, piece));
                else
                    trainer.Add(language, piece);
            }
        }
        FastTextModel model = ClassifierTraining.Train(context, trainer, settings.Epochs, cancellation);
        var score = new LabelScore(model);
        foreach ((string language, string text) in heldOut)
            score.Add(language, text);
        score.Note(context);
        context.Note("languages", languages.Length);
        context.Note("characters_by_language", string.Join(' ', languages.Select(language => string.Create(CultureInfo.InvariantCulture, $"{language.Key}:{language.Value.Length}"))));
        context.Note("left_out", string.Join(' ', texts.Texts.Where(language => language.Value.Length < settings.MinText).Select(language => language.Key).Order(StringComparer.Ordinal)));
        return Task.CompletedTask;
    }

    private static LanguageTexts Read(StageContext context, TrainLanguageIdSettings settings, CancellationToken cancellation)
    {
        var texts = new LanguageTexts(settings.MaxText);
        context.Progress.Expect(null, "files");
        foreach (Document document in context.Inputs.SelectMany(input => DocumentFile.Read(input.PathOf(DocumentFile.Name))))
        {
            cancellation.ThrowIfCancellationRequested();
            texts.Add(document.Metadata.GetValueOrDefault("language") ?? throw new InvalidDataException($"The document '{document.Id}' has no metadata 'language'."), document.Text);
        }
        texts.ReadCatalogues(settings.Locales?.FullPath ?? LanguageTexts.Locales, cancellation);
        if (settings.Locales is null && LanguageTexts.Sdk is { } sdk)
            texts.ReadSatellites(sdk, cancellation);
        context.Progress.Report(texts.Files);
        return texts;
    }

    /// <summary>Lines joined to texts of different lengths, since documents are longer than messages.</summary>
    private static IEnumerable<string> Pieces(string text, long seed)
    {
        const int Longest = 400;
        var piece = new StringBuilder();
        int wanted = 0;
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (piece.Length == 0)
                wanted = (int)(Longest * Math.Pow(ContentHash.Place(line, seed), 2));
            piece.Append(piece.Length > 0 ? " " : "").Append(line);
            if (piece.Length < wanted)
                continue;
            yield return piece.ToString();
            piece.Clear();
        }
        if (piece.Length > 0)
            yield return piece.ToString();
    }
}
