using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Athanor.Data.Documents;
using Athanor.Data.LanguageModels;
using Athanor.Runs.Files;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;

namespace Athanor.Data.Stages;

/// <summary>Settings of <c>train_ngram</c>.</summary>
public sealed record TrainNgramSettings : IValidated
{
    /// <summary>Length of the longest n-grams.</summary>
    [Range(2, NgramModel.MaxOrder)]
    public int Order { get; init; } = 5;

    /// <summary>What words are: words, normalized (as CCNet does), tokens (of the tokenizer in <c>from</c>).</summary>
    public NgramUnit Unit { get; init; } = NgramUnit.Normalized;

    /// <summary>N-grams seen at most so often are left out, for each order from 1 on: [0, 0, 1] drops what was seen once from trigrams on.</summary>
    public IReadOnlyList<int> Prune { get; init; } = [0];

    /// <summary>Rounds probabilities to 256 values an order: half the memory.</summary>
    public bool Quantize { get; init; }

    /// <summary>Also writes model.arpa, which other programs read.</summary>
    public bool Arpa { get; init; }

    /// <summary>Bytes of memory for counting; more goes through files.</summary>
    [Operational, Range(1 << 20, 1L << 40)]
    public long Memory { get; init; } = 1L << 30;

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Prune.Count > 0 && Prune[0] == 0 && Prune.Zip(Prune.Skip(1)).All(pair => pair.First <= pair.Second), nameof(Prune), "Pruning begins with 0 and does not fall.", "Write [0, 0, 1].");
    }
}

/// <summary>Trains an n-gram model with modified Kneser-Ney smoothing, each line of a document as a sentence.</summary>
public static class TrainNgramStage
{
    /// <summary>The model as text, where it is asked for.</summary>
    public const string ArpaName = "model.arpa";

    internal static StageKind Kind { get; } = StageKind.Of<TrainNgramSettings>("train_ngram", "1", "Trains an n-gram language model with modified Kneser-Ney smoothing.", PerplexitySettings.ModelKind, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64), new StageInput(DataStages.Tokenizer, 0, 1)],
    };

    private static Task Run(StageContext context, TrainNgramSettings settings, CancellationToken cancellation)
    {
        Tokenizer? tokenizer = context.FindInput(DataStages.Tokenizer) is { } folder ? Tokenizer.Load(folder.Folder) : null;
        if ((settings.Unit == NgramUnit.Tokens) != (tokenizer is not null))
            throw new InvalidDataException(tokenizer is null ? "unit: tokens needs a tokenizer in from." : "There is a tokenizer in from; write unit: tokens, or take it out.");
        string work = Path.Combine(context.Output, ".counting");
        context.DeclareMemory(settings.Memory);
        NgramModel model;
        using (var trainer = new KneserNeyTrainer(new KneserNeyOptions { Order = settings.Order, Prune = settings.Prune, Memory = settings.Memory, Folder = work }))
        {
            Count(context, trainer, new NgramText(settings.Unit, trainer.Vocabulary, tokenizer), cancellation);
            model = trainer.Train(cancellation);
            if (settings.Arpa)
                AtomicFile.Write(Path.Combine(context.Output, ArpaName), stream => trainer.WriteArpa(model, stream, cancellation));
            for (int i = 0; i < trainer.Discounts.Count; i++)
            {
                if (!trainer.Discounts[i].Estimated)
                    context.Progress.Say($"too few {i + 1}-grams to estimate discounts; 0.5, 1 and 1.5 are taken");
            }
            context.Note("words", trainer.Tokens);
            context.Note("sentences", trainer.Sentences);
            context.Note("spills", trainer.Spills);
        }
        if (Directory.Exists(work))
            Directory.Delete(work);
        if (settings.Quantize)
            model = model.Quantize();
        new NgramModelFolder(model, settings.Unit, tokenizer).Save(context.Output);
        context.Note("vocabulary", model.Vocabulary.Count);
        context.Note("ngrams", string.Join(' ', model.Counts.Select(count => count.ToString(CultureInfo.InvariantCulture))));
        context.Note("bytes", model.Bytes);
        return Task.CompletedTask;
    }

    private static void Count(StageContext context, KneserNeyTrainer trainer, NgramText text, CancellationToken cancellation)
    {
        var words = new List<uint>();
        long done = 0;
        context.Progress.Expect(null, "documents");
        foreach (Document document in context.Inputs.Where(input => input.Produces == DataStages.Documents).SelectMany(input => DocumentFile.Read(input.PathOf(DocumentFile.Name))))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (ReadOnlySpan<char> line in document.Text.AsSpan().EnumerateLines())
            {
                words.Clear();
                text.Words(line, words, learn: true);
                if (words.Count > 0)
                    trainer.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(words));
            }
            context.Progress.Report(++done);
        }
    }
}
