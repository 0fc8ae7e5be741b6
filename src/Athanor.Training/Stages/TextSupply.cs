using System.Globalization;
using Athanor.Runs.Progress;
using Athanor.Training.Batches;

namespace Athanor.Training.Stages;

/// <summary>
/// Whether there is text enough for what is asked. Up to 4 passes over the same text teach almost as much as new text, beyond 16 next to nothing
/// (Muennighoff et al. 2023, arXiv 2305.16264).
/// </summary>
internal static class TextSupply
{
    public const double MostPasses = 16;

    /// <exception cref="InvalidDataException">A row is longer than all text.</exception>
    public static void Check(Mixture mixture, PretrainSettings settings, StageProgress progress)
    {
        long all = mixture.Sources.Sum(source => source.Tokens);
        if (settings.SequenceLength > all)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"A row of {settings.SequenceLength:N0} positions (sequence_length) is longer than all text for training, which has {all:N0} tokens. Read more text, or write a shorter sequence_length."));
        for (int i = 0; i < mixture.Sources.Count; i++)
        {
            double passes = settings.Tokens!.Value * mixture.Shares[i] / mixture.Sources[i].Tokens;
            if (passes > MostPasses)
                progress.Say(string.Create(CultureInfo.InvariantCulture, $"The source '{mixture.Sources[i].Name}' has {mixture.Sources[i].Tokens:N0} tokens and is read {passes:N0} times; beyond {MostPasses} passes next to nothing is learned (arXiv 2305.16264). Read more text, or train fewer tokens."));
        }
    }
}
