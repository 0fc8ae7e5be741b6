using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Athanor.Runs.Settings;
using Athanor.Tokenizers;

namespace Athanor.Training.Objectives;

/// <summary>
/// The mixture of denoisers of UL2 (Tay et al. 2022, arXiv 2205.05131) for a decoder. R and X: a row is [begin] [mode] the text with a sentinel in place of each hidden span, then sentinel and span in turn, [end]. S: [begin] [mode] the
/// text, whose end is the hidden part, [end]. The loss is on what follows the corrupted text, which is read in both directions. The hidden part of S is uniform in 1 … 2 · rate · n tokens.
/// </summary>
public sealed record Ul2Objective : TrainingObjective, IValidated
{
    /// <summary>The mixture.</summary>
    public IReadOnlyList<Denoiser> Denoisers { get; init; } = Denoiser.Published;

    /// <summary>Whether the corrupted text is read in both directions.</summary>
    public bool Bidirectional { get; init; } = true;

    /// <summary>Longer documents are cut into parts of so many tokens: as long as the published texts, which 100 sentinels suffice for.</summary>
    [Range(8, 1 << 20)]
    public int Longest { get; init; } = 512;

    /// <summary>The sentinels' names; {0} is the number.</summary>
    public string Sentinel { get; init; } = "<extra_id_{0}>";

    /// <summary>Sentinels that the tokenizer has.</summary>
    [Range(1, 100_000)]
    public int Sentinels { get; init; } = 100;

    /// <summary>The token that announces R; empty for none.</summary>
    public string RToken { get; init; } = "[NLU]";

    /// <summary>The token that announces S; empty for none.</summary>
    public string SToken { get; init; } = "[S2S]";

    /// <summary>The token that announces X; empty for none.</summary>
    public string XToken { get; init; } = "[NLG]";

    /// <inheritdoc/>
    public void Validate(SettingsCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        check.Require(Denoisers.Count > 0 && Denoisers.Any(denoiser => denoiser.Weight > 0), nameof(Denoisers), "The mixture holds no denoiser with a weight above 0.", "Leave denoisers out for those of the paper.");
        check.Require(Sentinel.Contains("{0}", StringComparison.Ordinal), nameof(Sentinel), $"'{Sentinel}' has no place for the number.", "Write <extra_id_{0}>.");
        int most = Hiding.Select(denoiser => denoiser.Spans(Longest)).DefaultIfEmpty(0).Max();
        check.Require(most <= Sentinels, nameof(Sentinels), $"Texts of {Longest} tokens hide up to {most} spans; there are {Sentinels} sentinels.", $"Write sentinels: {most}, with as many special tokens in the tokenizer, or a smaller longest.");
    }

    private IEnumerable<Denoiser> Hiding => Denoisers.Where(denoiser => denoiser.Mode != DenoiserMode.S);

    /// <inheritdoc/>
    public override ExampleMaker Bind(Tokenizer tokenizer)
    {
        string[] modes = [RToken, SToken, XToken];
        int used = Hiding.Any() ? Sentinels : 0;
        string[] sentinels = [.. Enumerable.Range(0, used).Select(i => Sentinel.Replace("{0}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))];
        string[] announced = [.. Denoisers.Select(denoiser => modes[(int)denoiser.Mode]).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)];
        int[] ids = Find(tokenizer, "ul2", [.. announced, .. sentinels]);
        int?[] tokens = [.. modes.Select(name => Array.IndexOf(announced, name) is >= 0 and int at ? ids[at] : (int?)null)];
        return new Maker(this, tokens, ids[announced.Length..]);
    }

    private sealed class Maker(Ul2Objective settings, int?[] modes, int[] sentinels) : ExampleMaker
    {
        private readonly double _weights = settings.Denoisers.Sum(denoiser => denoiser.Weight);

        public override bool IsBidirectional => settings.Bidirectional;

        public override int Room(int length)
        {
            int room = Math.Min(length, settings.Longest);
            while (room > 0 && settings.Denoisers.Max(denoiser => Positions(denoiser, room)) > length)
                room--;
            return room;
        }

        // A piece of so many positions has one more framed token at most in its text; each span adds two sentinels, the mode one.
        private static int Positions(Denoiser denoiser, int positions) =>
            positions + 1 + (denoiser.Mode == DenoiserMode.S ? 0 : 2 * denoiser.Spans(positions + 1));

        public override Example Make(in PieceText piece, ulong seed)
        {
            ReadOnlySpan<int> text = piece.Text;
            if (text.Length < 2)
                return Example.Of(piece.Tokens);
            var random = new ExampleRandom(seed);
            Denoiser denoiser = Choose(ref random);
            var sequence = new List<int>(2 * text.Length);
            sequence.AddRange(piece.Begin);
            if (modes[(int)denoiser.Mode] is { } mode)
                sequence.Add(mode);
            int given;
            if (denoiser.Mode == DenoiserMode.S)
            {
                int most = Math.Clamp((int)Math.Round(2 * denoiser.Rate * text.Length), 1, text.Length - 1);
                given = sequence.Count + text.Length - 1 - random.Next(most);
                sequence.AddRange(text);
            }
            else
            {
                given = Corrupt(text, denoiser, sequence, ref random);
            }
            sequence.AddRange(piece.End);
            return Example.Of(sequence.ToArray(), given, settings.Bidirectional ? given : 0);
        }

        private int Corrupt(ReadOnlySpan<int> text, Denoiser denoiser, List<int> sequence, ref ExampleRandom random)
        {
            int spans = Math.Min(denoiser.Spans(text.Length), sentinels.Length);
            int[] lengths = SpanCorruption.Lengths(text.Length, denoiser.Noise(text.Length), spans, ref random);
            for (int i = 0, at = 0; i < spans; at += lengths[2 * i] + lengths[2 * i + 1], i++)
            {
                sequence.AddRange(text.Slice(at, lengths[2 * i]));
                sequence.Add(sentinels[i]);
            }
            int given = sequence.Count;
            for (int i = 0, at = 0; i < spans; at += lengths[2 * i] + lengths[2 * i + 1], i++)
            {
                sequence.Add(sentinels[i]);
                sequence.AddRange(text.Slice(at + lengths[2 * i], lengths[2 * i + 1]));
            }
            return given;
        }

        private Denoiser Choose(ref ExampleRandom random)
        {
            double place = random.NextDouble() * _weights;
            foreach (Denoiser denoiser in settings.Denoisers)
            {
                if ((place -= denoiser.Weight) < 0)
                    return denoiser;
            }
            return settings.Denoisers.Last(denoiser => denoiser.Weight > 0);
        }
    }
}
