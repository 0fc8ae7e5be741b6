using System.Diagnostics;
using System.Globalization;
using Athanor.Inference.Generation;
using Athanor.Inference.Loading;
using Athanor.Inference.Running;
using Athanor.Inference.Sampling;
using Athanor.Inference.Speculation;
using Athanor.Models;
using Athanor.Tensors;
using Athanor.Tensors.Blocks;
using Athanor.Tokenizers;

namespace Athanor.Benchmarks.Inference;

/// <summary>
/// Guessing ahead against plain decoding of the same texts, in turns: on a text that repeats itself and on one that does not, by looking the text up, by a small draft model, and by the
/// model itself, whose guesses are always right and never pay. Texts must be the same; where guessing loses, the governor has to end it.
/// </summary>
internal static class SpeculationCases
{
    private const int Passage = 48, Repeats = 4;

    /// <summary>The models of the options, or two made ones, which know nothing of one another.</summary>
    public static void Run(Options options, CpuDevice device, Report report, string folder)
    {
        string model = options.Model ?? Made(folder, Measure.Once ? BenchmarkModel.Tiny : BenchmarkModel.Small), draft = options.Draft ?? Made(folder, BenchmarkModel.Tiny);
        bool real = options.Model is not null;
        using Decoder small = EngineLoader.LoadModel(draft, device);
        var guessers = new List<Guesser> { new("none", null, model, device), new("look-up", _ => new PromptLookup(), model, device) };
        try
        {
            if (!real || options.Draft is not null)
                guessers.Add(new("draft model", DraftModel.Factory(small, guessers[0].Tokenizer.VocabularySize), model, device));
            Decoder? self = real ? EngineLoader.LoadModel(model, device) : null;
            using Decoder? owned = self;
            if (self is not null)
                guessers.Add(new("itself as draft", DraftModel.Factory(self, guessers[0].Tokenizer.VocabularySize), model, device));
            report.Group("speculation", $"{(real ? Path.GetFileName(Path.TrimEndingDirectorySeparator(model)) : "made models")} on {device}; peer: the same texts without guesses");
            Task.Run(() => Measured(options, report, guessers)).GetAwaiter().GetResult();
        }
        finally
        {
            foreach (Guesser guesser in guessers)
                guesser.Dispose();
        }
    }

    private static string Made(string folder, BenchmarkModel model)
    {
        string path = Path.Combine(folder, $"{model.Name}-{BlockFormat.Q8_0}.gguf");
        model.Write(path, BlockFormat.Q8_0);
        return path;
    }

    private static async Task Measured(Options options, Report report, List<Guesser> guessers)
    {
        Guesser plain = guessers[0];
        int written = Measure.Once ? 8 : options.Quick ? 64 : 128, rounds = Measure.Once ? 1 : options.Quick ? 3 : 15;
        int begin = plain.Tokenizer.BosId ?? plain.Tokenizer.EosId ?? 0;
        int[] passage = (await plain.Write([begin, .. plain.Tokenizer.Encode("The ")], 1, Passage, 0.7).ConfigureAwait(false)).Tokens;
        (string Name, int[] Prompt, double Temperature)[] texts =
        [
            ("a text that repeats itself", [begin, .. Enumerable.Repeat(passage, Repeats).SelectMany(tokens => tokens)], 0),
            ("drawn at temperature 1", [begin, .. passage], 1),
        ];
        foreach ((string name, int[] prompt, double temperature) in texts)
        {
            var rates = guessers.ToDictionary(guesser => guesser, _ => new List<double>());
            var usage = guessers.ToDictionary(guesser => guesser, _ => new List<GenerationUsage>());
            // The first round is the governor's, who then knows what steps take.
            for (int round = Measure.Once ? 1 : 0; round <= rounds; round++)
            {
                int[]? expected = null;
                foreach (Guesser guesser in guessers)
                {
                    Text text = await guesser.Write(prompt, round, written, temperature).ConfigureAwait(false);
                    expected ??= text.Tokens;
                    if (!expected.AsSpan().SequenceEqual(text.Tokens))
                        throw new InvalidOperationException($"{guesser.Name} changed a text.");
                    if (round == 0)
                        continue;
                    rates[guesser].Add((text.Tokens.Length - 1) / text.Seconds);
                    usage[guesser].Add(text.Usage);
                }
            }
            foreach (Guesser guesser in guessers.Skip(1))
            {
                int asked = usage[guesser].Sum(one => one.DraftedTokens), right = usage[guesser].Sum(one => one.AcceptedTokens), all = rounds * written;
                string said = string.Create(CultureInfo.InvariantCulture, $"{name}, {guesser.Name}");
                report.Add(new Result("", said, Median(rates[guesser]), "tokens/s") { Best = rates[guesser].Max(), Peer = "no guesses", PeerValue = Median(rates[plain]), Ratio = Median([.. rates[guesser].Zip(rates[plain], (own, other) => own / other)]), BestRatio = rates[guesser].Max() / rates[plain].Max() });
                report.Add(new Result("", said + ", guessed", (double)asked / all, "a token") { Share = asked == 0 ? null : (double)right / asked });
            }
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed record Text(int[] Tokens, double Seconds, GenerationUsage Usage);

    /// <summary>An engine with what guesses for it.</summary>
    private sealed class Guesser(string name, SpeculatorFactory? speculator, string model, Device device) : IDisposable
    {
        private readonly InferenceEngine _engine = EngineLoader.Load(model, new EngineOptions { CacheBytes = 128 << 20, MaxSequences = 4, Speculator = speculator }, new LoadOptions { Device = device });

        public string Name { get; } = name;

        public Tokenizer Tokenizer => _engine.Tokenizer;

        /// <summary>Writes a text; the time is that of all tokens but the first.</summary>
        public async Task<Text> Write(int[] prompt, int seed, int tokens, double temperature)
        {
            var request = new GenerationRequest { Prompt = prompt, MaxTokens = tokens, IgnoreEnd = true, Sampling = new SamplingOptions { Temperature = temperature, Seed = seed } };
            var written = new List<int>();
            long first = 0;
            GenerationUsage? usage = null;
            await foreach (GenerationChunk chunk in _engine.GenerateAsync(request).ConfigureAwait(false))
            {
                if (first == 0 && chunk.Tokens.Count > 0)
                    first = Stopwatch.GetTimestamp();
                written.AddRange(chunk.Tokens);
                usage = chunk.Usage ?? usage;
            }
            return new Text([.. written], Stopwatch.GetElapsedTime(first).TotalSeconds, usage!);
        }

        public void Dispose() => _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
