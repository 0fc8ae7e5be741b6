using System.CommandLine;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Athanor.Cli.ModelFiles;
using Athanor.Cli.Recipes;
using Athanor.Inference.Generation;
using Athanor.Inference.Loading;
using Athanor.Inference.Running;
using Athanor.Training.Batches;
using Athanor.Training.Sampling;

namespace Athanor.Cli.Generate;

/// <summary>The verb <c>athanor generate</c>.</summary>
internal static class GenerateCommand
{
    private static readonly JsonSerializerOptions Lines = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(TextWriter output, TextWriter errors)
    {
        var model = new Argument<string>("model") { Description = ModelPath.Description };
        var prompt = new Argument<string?>("prompt") { Description = "What it goes on from; '-' or nothing reads standard input where that is a pipe or a file.", Arity = ArgumentArity.ZeroOrOne };
        var files = new ModelArguments("The texts are written with it.");
        var samples = new Option<int>("--samples") { Description = "How many texts; each takes the next seed.", DefaultValueFactory = _ => 1 };
        var bare = new Option<bool>("--no-begin") { Description = "Do not put the begin token before the prompt." };
        var quiet = new Option<bool>("--no-echo") { Description = "Print only what is written, not the prompt." };
        Option<bool> json = RecipeOptions.Json("Print one JSON object a text instead of the text as it comes.");
        var sampling = new SamplingArguments();
        var guessing = new SpeculationArguments();
        var command = new Command("generate", """
            Writes on from a prompt, token by token.

            Examples:
              athanor generate quickstart "System.IO.File."
              athanor generate my-model "Once upon a time" --temperature 0.7 --top-p 0.9 --max-tokens 200
              athanor generate llama.gguf "The capital of France is" --temperature 0 --max-tokens 20
              athanor generate stories260K.bin "" --temperature 0
              cat question.txt | athanor generate my-model --samples 4 --seed 1 --json
            """) { model, prompt, samples, bare, quiet, json };
        files.AddTo(command);
        sampling.AddTo(command);
        guessing.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            SamplingSettings settings = sampling.Read(parsed);
            int count = parsed.GetValue(samples);
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, "--samples");
            LoadOptions load = files.Read(parsed);
            string? adapter = ModelArguments.Adapter(load);
            using Guesser guesser = guessing.Read(parsed, files.Runs(parsed));
            string path = ModelPath.Find(parsed.GetRequiredValue(model), files.Runs(parsed));
            string from = Prompt(parsed.GetValue(prompt));
            int[] tokens = [];
            int context = 0;
            InferenceEngine engine = EngineLoader.Load(path, load: load with
            {
                Settle = (decoder, text, loaded) =>
                {
                    DocumentFrame frame = DocumentFrame.Of(text.BosId, text.EosId);
                    tokens = TextWriting.Tokens(text, parsed.GetValue(bare) ? frame with { Begin = null } : frame, from);
                    context = decoder.Config.ContextLength;
                    return TextWriting.Settings(decoder, frame, loaded.EndTokens ?? [], tokens.Length + settings.MaxTokens) with { Adapters = loaded.Adapters, Speculator = guesser.For(decoder, text, cancellation) };
                },
            }, cancellation: cancellation);
            await using ConfiguredAsyncDisposable disposed = engine.ConfigureAwait(false);
            for (int i = 0; i < count; i++)
            {
                SamplingSettings own = settings with { Seed = settings.Seed + i };
                GenerationRequest request = TextWriting.Request(tokens, own) with { Adapter = adapter };
                long start = Stopwatch.GetTimestamp();
                if (parsed.GetValue(json))
                {
                    WrittenText made = await TextWriting.Write(engine, request, null, cancellation).ConfigureAwait(false);
                    double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    output.WriteLine(JsonSerializer.Serialize(new
                    {
                        Sample = i,
                        own.Seed,
                        Prompt = from,
                        made.Text,
                        Reason = made.StopText is not null ? "stop" : made.Finish == FinishReason.Stop ? "end" : "length",
                        made.Usage.PromptTokens,
                        made.Tokens,
                        made.Usage.DraftedTokens,
                        made.Usage.AcceptedTokens,
                        Seconds = Math.Round(seconds, 4),
                    }, Lines));
                    continue;
                }
                if (count > 1)
                    output.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(i > 0 ? Environment.NewLine : "")}[{i + 1} of {count}, seed {own.Seed}]"));
                if (!parsed.GetValue(quiet))
                    output.Write(from);
                WrittenText written = await Streamed(engine, request, output, cancellation).ConfigureAwait(false);
                output.WriteLine();
                errors.WriteLine(Summary(written, own, Stopwatch.GetElapsedTime(start), context, guesser.Ways > 0));
            }
            return Tool.Success;
        });
        return command;
    }

    private static async Task<WrittenText> Streamed(IEngine engine, GenerationRequest request, TextWriter output, CancellationToken cancellation)
    {
        try
        {
            return await TextWriting.Write(engine, request, part =>
            {
                output.Write(part);
                output.Flush();
            }, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What comes next on a terminal should not hang on the text.
            output.WriteLine();
            throw;
        }
    }

    private static string Summary(WrittenText text, SamplingSettings settings, TimeSpan took, int context, bool guesses)
    {
        string why = text.StopText is not null ? "a stop text ended it" : text.Finish == FinishReason.Stop ? "the model ended it" : "--max-tokens ended it";
        int all = text.Usage.PromptTokens + text.Tokens;
        string beyond = all > context ? $"; {all} tokens are more than the context of {context} it was trained on" : "";
        // Said of none, too: guessing was asked for, and may have found nothing to guess from or not have paid.
        string guessed = guesses ? $", {text.Usage.AcceptedTokens} of {text.Usage.DraftedTokens} guessed tokens were right" : "";
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"athanor: {text.Tokens} tokens in {took.TotalSeconds:N2} s ({(text.Tokens + 1) / Math.Max(1e-9, took.TotalSeconds):N0} a second){guessed}, {why}{beyond}, seed {settings.Seed}");
    }

    private static string Prompt(string? given)
    {
        if (given is not (null or "-"))
            return given;
        if (given is null && !Console.IsInputRedirected)
            return "";
        using var input = new StreamReader(Console.OpenStandardInput(), new System.Text.UTF8Encoding(false));
        string text = input.ReadToEnd();
        // The line end that echo puts behind a prompt is no part of it.
        return text.EndsWith('\n') ? text[..^1].TrimEnd('\r') : text;
    }
}
