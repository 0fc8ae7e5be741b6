using System.CommandLine;
using System.Globalization;
using System.Text;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Inspection;
using Athanor.Tokenizers.Training;

namespace Athanor.Cli.Tokenizers;

/// <summary>The verb <c>athanor tokenizer extend</c>.</summary>
internal static class ExtendCommand
{
    public static Command Create(TextWriter output, TextWriter errors)
    {
        var tokenizer = new TokenizerOptions();
        var corpus = new Argument<string[]>("corpus") { Description = "Text of the new domain or language: files, .jsonl, .gz or folders.", Arity = ArgumentArity.OneOrMore };
        var target = new Option<string>("--output", "-o") { Description = "The folder that gets the extended tokenizer.", Required = true };
        var count = new Option<int>("--tokens") { Description = "New tokens at most.", DefaultValueFactory = _ => 1000 };
        var words = new Option<bool>("--words") { Description = "Add the common words of the text whole, instead of the merges that training would make next." };
        var frequency = new Option<long>("--min-frequency") { Description = "Rarer pairs are not merged.", DefaultValueFactory = _ => 2 };
        var heldOut = new Option<string?>("--held-out") { Description = "Text that was not in the corpus, to see what the extension saves." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object: new tokens with the ids that spelled them before, from whose embeddings theirs can start." };
        var command = new Command("extend", """
            Gives a byte-level BPE tokenizer more tokens for continued pretraining. Old tokens keep their ids; text without new tokens keeps its ids.

            Example: athanor tokenizer extend -t gpt2/tokenizer.json medical/ --tokens 2000 --held-out medical-test.txt --output gpt2-medical
            """) { corpus, target, count, words, frequency, heldOut, json };
        tokenizer.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            Tokenizer old = tokenizer.Load(parsed);
            DocumentSource source = DocumentSource.Concat([.. parsed.GetRequiredValue(corpus).Select(DocumentSource.AtPath)]);
            var notes = new TrainingNotes(errors);
            PieceCounts pieces = PieceCounter.Count(source, new PieceCounterOptions(VocabularyExtension.ScannerOf(old)), notes, cancel);
            VocabularyExtensionResult result = parsed.GetValue(words)
                ? VocabularyExtension.AddWords(old, VocabularyExtension.CommonWords(old, pieces, parsed.GetValue(count)))
                : VocabularyExtension.LearnMerges(old, pieces, parsed.GetValue(count), parsed.GetValue(frequency), progress: notes, cancellation: cancel);
            CompressionChange? change = parsed.GetValue(heldOut) is { } path ? VocabularyExtension.Compare(old, result.Tokenizer, DocumentSource.AtPath(path).Documents()) : null;
            string folder = parsed.GetRequiredValue(target);
            result.Tokenizer.Save(folder);
            if (parsed.GetValue(json))
                output.WriteLine(JsonText.Of(new { folder, vocabulary = result.Tokenizer.VocabularySize, heldOut = change, newTokens = result.NewTokens.Select(token => new { token.Id, text = Encoding.UTF8.GetString(token.Bytes), token.OldIds }), result.StoppedEarly }));
            else
                Write(result, change, folder, output);
            return Task.FromResult(Tool.Success);
        });
        return command;
    }

    private static void Write(VocabularyExtensionResult result, CompressionChange? change, string folder, TextWriter output)
    {
        output.WriteLine($"{folder}: {InspectView.Number(result.Tokenizer.VocabularySize)} ids, {InspectView.Number(result.NewTokens.Count)} of them new: {string.Join("  ", result.NewTokens.Take(20).Select(token => TokenText.Show(token.Bytes)))}");
        if (change is { } held)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"held-out text: {held.BytesPerTokenBefore:0.00} bytes a token before, {held.BytesPerTokenAfter:0.00} after, {held.Saved:0.0%} fewer tokens"));
        foreach (var reason in result.Skipped.GroupBy(skipped => skipped.Reason))
            output.WriteLine($"{InspectView.Number(reason.Count())} words were not added: {reason.Key} ({string.Join(", ", reason.Take(5).Select(skipped => skipped.Word))})");
        if (result.StoppedEarly is { } early)
            output.WriteLine(early);
    }
}
