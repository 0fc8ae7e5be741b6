using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Chat;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Training;

namespace Athanor.Cli.Tokenizers;

/// <summary>The verb <c>athanor tokenizer train</c>.</summary>
internal static class TrainCommand
{
    public static Command Create(TextWriter output, TextWriter errors)
    {
        var corpus = new Argument<string[]>("corpus") { Description = "Text files, .jsonl files with \"text\", either as .gz, or folders of them.", Arity = ArgumentArity.OneOrMore };
        var target = new Option<string>("--output", "-o") { Description = "The folder that gets tokenizer.json.", Required = true };
        var size = new Option<int>("--vocabulary") { Description = "Tokens in all: bytes, merges, special and reserved ones.", DefaultValueFactory = _ => 32768 };
        var model = new Option<string>("--model") { Description = "bpe (byte-level) or unigram (as SentencePiece).", DefaultValueFactory = _ => "bpe" };
        var scanner = new Option<string>("--pre-tokenizer") { Description = $"For bpe, how text is cut before merging: {string.Join(", ", PieceScanners.All.Select(one => one.Name))}.", DefaultValueFactory = _ => "cl100k" };
        var digits = new Option<string?>("--digits") { Description = "For cl100k: each (every digit alone), two, three (groups of up to so many) or any." };
        var special = new Option<string[]>("--special") { Description = "Names of special tokens; for bpe the first ends a text (default <|endoftext|>), for unigram they stand behind <unk> <s> </s>.", AllowMultipleArgumentsPerToken = true };
        var reserved = new Option<int>("--reserved") { Description = "Reserved tokens for later use." };
        var frequency = new Option<long>("--min-frequency") { Description = "Rarer pairs are not merged.", DefaultValueFactory = _ => 2 };
        var multiple = new Option<int>("--pad-to") { Description = "Round the size up to a multiple of this.", DefaultValueFactory = _ => 1 };
        var length = new Option<int?>("--max-token-bytes") { Description = "No token gets longer." };
        var threads = new Option<int>("--threads") { Description = "Threads that count; the result does not depend on it.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var memory = new Option<double>("--memory") { Description = "GB for counting before parts of the count go to disk.", DefaultValueFactory = _ => 1 };
        var fallback = new Option<bool>("--byte-fallback") { Description = "For unigram: 256 byte tokens, so that nothing is unknown." };
        var template = new Option<string?>("--chat-template") { Description = $"Built-in chat template to store: {string.Join(", ", BuiltInTemplates.Names)}." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object about the result." };
        var command = new Command("train", """
            Trains a byte-level BPE or a Unigram tokenizer on texts: exact, the same on every machine and for any number of threads.

            Examples:
              athanor tokenizer train stories.txt --vocabulary 8192 --output my-tokenizer
              athanor tokenizer train corpus/ --pre-tokenizer cl100k --digits each --special "<|endoftext|>" "<|user|>" --pad-to 64 -o my-tokenizer
              athanor tokenizer train corpus.jsonl.gz --model unigram --byte-fallback --vocabulary 32000 -o my-unigram
            """) { corpus, target, size, model, scanner, digits, special, reserved, frequency, multiple, length, fallback, threads, memory, template, json };
        command.SetAction((parsed, cancel) =>
        {
            long start = Stopwatch.GetTimestamp();
            string folder = parsed.GetRequiredValue(target);
            string[] names = parsed.GetValue(special) ?? [];
            string? chat = parsed.GetValue(template) is { } name ? BuiltInTemplates.Source(name) : null;
            DocumentSource source = DocumentSource.Concat([.. parsed.GetRequiredValue(corpus).Select(DocumentSource.AtPath)]);
            var counting = new PieceCounterOptions(UnigramTrainerOptions.Words) { Threads = parsed.GetValue(threads), MemoryLimit = (long)(parsed.GetValue(memory) * (1L << 30)) };
            var notes = new TrainingNotes(errors);
            Outcome outcome;
            switch (parsed.GetRequiredValue(model))
            {
                case "bpe":
                    PieceScanner pieces = Scanner(parsed.GetRequiredValue(scanner), parsed.GetValue(digits));
                    BpeTrainingResult bpe = BpeTrainer.Train(source, counting with { Scanner = pieces }, new BpeTrainerOptions(parsed.GetValue(size))
                    {
                        SpecialTokens = names.Length > 0 ? names : ["<|endoftext|>"],
                        ReservedTokens = parsed.GetValue(reserved),
                        MinimumFrequency = parsed.GetValue(frequency),
                        PadToMultiple = parsed.GetValue(multiple),
                        MaxTokenBytes = parsed.GetValue(length) ?? int.MaxValue,
                        Threads = parsed.GetValue(threads),
                    }, notes, cancel);
                    outcome = new Outcome(bpe.ToTokenizer(pieces, new TokenizerSettings { EosToken = names.FirstOrDefault() ?? "<|endoftext|>", ChatTemplate = chat }), bpe.Counting, bpe.StoppedEarly);
                    break;
                case "unigram":
                    UnigramTrainingResult unigram = UnigramTrainer.Train(source, counting, new UnigramTrainerOptions(parsed.GetValue(size))
                    {
                        SpecialTokens = ["<unk>", "<s>", "</s>", .. names],
                        ByteFallback = parsed.GetValue(fallback),
                        Threads = parsed.GetValue(threads),
                    }, notes, cancel);
                    outcome = new Outcome(unigram.ToTokenizer(new TokenizerSettings { BosToken = "<s>", EosToken = "</s>", UnkToken = "<unk>", ChatTemplate = chat }), unigram.Counting, unigram.StoppedEarly);
                    break;
                default:
                    throw new ArgumentException($"--model is '{parsed.GetValue(model)}'; choose bpe or unigram.");
            }
            outcome.Tokenizer.Save(folder);
            Report(outcome, folder, Stopwatch.GetElapsedTime(start), parsed.GetValue(json), output);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }

    private static PieceScanner Scanner(string name, string? digits)
    {
        if (digits is null)
            return PieceScanners.ByName(name);
        if (name != "cl100k")
            throw new ArgumentException($"--digits goes with --pre-tokenizer cl100k; the digits of {name} are part of its regex.");
        return PieceScanners.WithDigits(digits switch
        {
            "each" => DigitPolicy.One,
            "two" => DigitPolicy.Two,
            "three" => DigitPolicy.Three,
            "any" => DigitPolicy.Unlimited,
            _ => throw new ArgumentException($"--digits is '{digits}'; choose each, two, three or any."),
        });
    }

    private sealed record Outcome(Tokenizer Tokenizer, PieceCountingStatistics Counting, string? StoppedEarly);

    private static void Report(Outcome result, string folder, TimeSpan time, bool json, TextWriter output)
    {
        PieceCountingStatistics counted = result.Counting;
        double peak = Environment.WorkingSet / 1e6;
        using (var process = Process.GetCurrentProcess())
            peak = Math.Max(peak, process.PeakWorkingSet64 / 1e6);
        if (json)
        {
            output.WriteLine(JsonText.Of(new { folder, vocabulary = result.Tokenizer.VocabularySize, counted.Documents, counted.Bytes, counted.Pieces, seconds = time.TotalSeconds, peakMegabytes = peak, stoppedEarly = result.StoppedEarly }));
            return;
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{folder}: {result.Tokenizer.VocabularySize:N0} tokens from {counted.Documents:N0} documents of {counted.Bytes / 1e6:N1} MB ({counted.Pieces:N0} pieces), {time.TotalSeconds:N1} s, peak memory {peak:N0} MB"));
        if (counted.SpilledRuns > 0)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{counted.SpilledRuns} parts of the count went to disk, {counted.SpilledBytes / 1e6:N1} MB; --memory gives them more room."));
        if (result.StoppedEarly is { } reason)
            output.WriteLine(reason);
    }
}
