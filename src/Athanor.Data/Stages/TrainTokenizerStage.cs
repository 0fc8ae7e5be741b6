using System.ComponentModel.DataAnnotations;
using Athanor.Data.Documents;
using Athanor.Runs.Recipes;
using Athanor.Runs.Settings;
using Athanor.Runs.Stages;
using Athanor.Tokenizers;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Training;

namespace Athanor.Data.Stages;

/// <summary>How digits are cut before merging.</summary>
public enum DigitGroups
{
    /// <summary>Every digit alone.</summary>
    Each,

    /// <summary>Up to two.</summary>
    Two,

    /// <summary>Up to three.</summary>
    Three,

    /// <summary>Runs of any length.</summary>
    Any,
}

/// <summary>Settings of <c>train_tokenizer</c>.</summary>
public sealed record TrainTokenizerSettings : IValidated
{
    /// <summary>Tokens in all: 256 bytes, merges, special ones.</summary>
    [Range(257, 10_000_000)]
    public int Vocabulary { get; init; } = 4096;

    /// <summary>How text is cut before merging: gpt2, cl100k, qwen2, nanochat, cl100k-any-digits, tiktoken, o200k.</summary>
    public string PreTokenizer { get; init; } = "cl100k";

    /// <summary>For cl100k: how digits are cut instead of in groups of up to three.</summary>
    public DigitGroups? Digits { get; init; }

    /// <summary>Special tokens; the first one ends documents. A range such as &lt;extra_id_{0..99}&gt; stands for all its numbers.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<|endoftext|>"];

    /// <summary>Rarer pairs are not merged.</summary>
    [Range(1, int.MaxValue)]
    public int MinFrequency { get; init; } = 2;

    /// <summary>Threads; the result does not depend on it.</summary>
    [Operational, Range(1, 1024)]
    public int? Threads { get; init; }

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        try
        {
            Scanner();
        }
        catch (ArgumentException e)
        {
            check.Problem(nameof(PreTokenizer), e.Message);
        }
        check.Require(Digits is null || PreTokenizer == "cl100k", nameof(Digits), $"The digits of {PreTokenizer} are part of its pattern.", "Leave digits out, or write pre_tokenizer: cl100k.");
        check.Require(SpecialTokens.Count > 0 && SpecialTokens.All(token => token.Length > 0), nameof(SpecialTokens), "A document needs a token that ends it.", "Write [\"<|endoftext|>\"].");
        string[] names = SpecialTokenNames.Expand(SpecialTokens);
        check.Require(names.Distinct(StringComparer.Ordinal).Count() == names.Length, nameof(SpecialTokens), "A special token is there twice.");
        check.Require(Vocabulary >= 256 + names.Length, nameof(Vocabulary), $"{Vocabulary} tokens have no room for 256 bytes and {names.Length} special tokens.", $"Write at least {256 + names.Length}.");
    }

    internal PieceScanner Scanner() => Digits switch
    {
        null => PieceScanners.ByName(PreTokenizer),
        DigitGroups.Each => PieceScanners.WithDigits(DigitPolicy.One),
        DigitGroups.Two => PieceScanners.WithDigits(DigitPolicy.Two),
        DigitGroups.Three => PieceScanners.WithDigits(DigitPolicy.Three),
        _ => PieceScanners.WithDigits(DigitPolicy.Unlimited),
    };
}

/// <summary>Trains a byte-level BPE tokenizer on the documents that are not held out.</summary>
public static class TrainTokenizerStage
{
    internal static StageKind Kind { get; } = StageKind.Of<TrainTokenizerSettings>("train_tokenizer", "1", "Trains a byte-level BPE tokenizer on the documents that are not held out.", DataStages.Tokenizer, Run) with
    {
        UsesSeed = false,
        Takes = [new StageInput(DataStages.Documents, 1, 64)],
    };

    private static Task Run(StageContext context, TrainTokenizerSettings settings, CancellationToken cancellation)
    {
        PieceScanner scanner = settings.Scanner();
        int threads = settings.Threads ?? Environment.ProcessorCount;
        DocumentSource documents = DocumentSource.Concat([.. context.Inputs.Select(input => DocumentSource.JsonLines(input.PathOf(DocumentFile.Name)))]);
        BpeTrainingResult result = BpeTrainer.Train(documents, new PieceCounterOptions(scanner) { Threads = threads }, new BpeTrainerOptions(settings.Vocabulary)
        {
            SpecialTokens = SpecialTokenNames.Expand(settings.SpecialTokens),
            MinimumFrequency = settings.MinFrequency,
            Threads = threads,
        }, new Notes(context), cancellation);
        Tokenizer tokenizer = result.ToTokenizer(scanner, new TokenizerSettings { EosToken = SpecialTokenNames.Expand(settings.SpecialTokens)[0] });
        tokenizer.Save(context.Output);
        if (result.StoppedEarly is { } reason)
            context.Progress.Say(reason);
        context.Note("vocabulary", tokenizer.VocabularySize);
        context.Note("merges", result.Merges.Count);
        context.Note("trained_on_bytes", result.Counting.Bytes);
        context.Note("pieces", result.Counting.Pieces);
        return Task.CompletedTask;
    }

    internal sealed class Notes(StageContext context) : IProgress<TrainingProgress>
    {
        private string? _stage;

        public void Report(TrainingProgress value)
        {
            if (_stage != value.Stage)
                context.Progress.Expect(value.Total > 0 ? value.Total : null, value.Stage == "count" ? "bytes" : "tokens");
            _stage = value.Stage;
            context.Progress.Report(value.Done);
        }
    }
}
