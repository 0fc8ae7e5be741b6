using Athanor.Tensors;

namespace Athanor.Models.Configuration;

/// <summary>A way to bend rotary frequencies for contexts longer than those of training.</summary>
public enum RopeScalingKind
{
    /// <summary>Positions are divided by the factor, arXiv 2306.15595.</summary>
    Linear,

    /// <summary>The base grows by factor^(R/(R−2)): high frequencies stay, low ones are interpolated.</summary>
    Ntk,

    /// <summary>As <see cref="Ntk"/>, with a factor that grows with the length beyond the original context.</summary>
    DynamicNtk,

    /// <summary>As <see cref="DynamicNtk"/> with factors 1, 3, 7, … by doublings of the length (Qwen 1).</summary>
    DynamicNtkSteps,

    /// <summary>Each frequency by its wavelength, and sharper attention, arXiv 2309.00071.</summary>
    Yarn,

    /// <summary>Llama 3.1's mix by wavelength.</summary>
    Llama3,
}

/// <summary>How rotary frequencies are bent; the names are those of Hugging Face's <c>rope_scaling</c>.</summary>
public sealed record RopeScaling
{
    /// <summary>The method.</summary>
    public required RopeScalingKind Kind { get; init; }

    /// <summary>New length over old; above 0.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>The context before scaling; null for the model's context length.</summary>
    public int? OriginalContextLength { get; init; }

    /// <summary>Llama 3: wavelengths above original / this are interpolated in full.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Llama 3: wavelengths below original / this are left alone.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>YaRN: pairs that turn more often than this over the original context are left alone.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>YaRN: pairs that turn less often than this are interpolated in full.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>YaRN: factor of cosines and sines; 0.1·ln(factor) + 1 when null.</summary>
    public double? AttentionFactor { get; init; }

    internal IEnumerable<string> Problems()
    {
        if (!(Factor > 0) || !double.IsFinite(Factor))
            yield return $"The rope scaling factor is {Factor}; it must be above 0.";
        if (OriginalContextLength is <= 0)
            yield return $"The original context length of the rope scaling is {OriginalContextLength}; it must be above 0.";
        if (Kind == RopeScalingKind.Llama3 && !(HighFrequencyFactor > LowFrequencyFactor))
            yield return $"Llama 3's high frequency factor ({HighFrequencyFactor}) must be above the low one ({LowFrequencyFactor}).";
    }

    /// <summary>The frequencies and the factor of cosines and sines for sequences of <paramref name="length"/> positions.</summary>
    /// <param name="rotary">R: rotary dimensions of a head.</param>
    /// <param name="theta">The unscaled base.</param>
    /// <param name="contextLength">The model's context length.</param>
    /// <param name="length">Positions in use: only the dynamic kinds depend on it.</param>
    public (double[] Frequencies, double Magnitude) Apply(int rotary, double theta, int contextLength, int length)
    {
        int original = OriginalContextLength ?? contextLength;
        switch (Kind)
        {
            case RopeScalingKind.Linear:
                return (Scale(RotaryTable.Frequencies(rotary, theta), 1 / Factor), 1);
            case RopeScalingKind.Ntk:
                return (RotaryTable.Frequencies(rotary, NtkBase(rotary, theta, Factor)), 1);
            case RopeScalingKind.DynamicNtk:
                double growth = length <= original ? 1 : Factor * length / original - (Factor - 1);
                return (RotaryTable.Frequencies(rotary, NtkBase(rotary, theta, growth)), 1);
            case RopeScalingKind.DynamicNtkSteps:
                return (RotaryTable.Frequencies(rotary, NtkBase(rotary, theta, Steps(length, original))), 1);
            case RopeScalingKind.Llama3:
                return (Llama3(RotaryTable.Frequencies(rotary, theta), original), 1);
            default:
                return (Yarn(RotaryTable.Frequencies(rotary, theta), rotary, theta, original), AttentionFactor ?? (Factor > 1 ? 0.1 * Math.Log(Factor) + 1 : 1));
        }
    }

    internal bool IsDynamic => Kind is RopeScalingKind.DynamicNtk or RopeScalingKind.DynamicNtkSteps;

    private static double Steps(int length, int original)
    {
        if (length <= original)
            return 1;
        // 2^⌈log₂(length / original) + 1⌉ − 1, in integers.
        long reach = original, power = 2;
        for (; reach < length; reach *= 2)
            power *= 2;
        return power - 1;
    }

    private static double NtkBase(int rotary, double theta, double factor) => theta * Math.Pow(factor, rotary / (double)Math.Max(1, rotary - 2));

    private static double[] Scale(double[] frequencies, double factor)
    {
        for (int i = 0; i < frequencies.Length; i++)
            frequencies[i] *= factor;
        return frequencies;
    }

    private double[] Llama3(double[] frequencies, int original)
    {
        for (int i = 0; i < frequencies.Length; i++)
        {
            double wavelength = 2 * Math.PI / frequencies[i];
            if (wavelength < original / HighFrequencyFactor)
                continue;
            if (wavelength > original / LowFrequencyFactor)
            {
                frequencies[i] /= Factor;
                continue;
            }
            double smooth = (original / wavelength - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
            frequencies[i] = (1 - smooth) * frequencies[i] / Factor + smooth * frequencies[i];
        }
        return frequencies;
    }

    private double[] Yarn(double[] frequencies, int rotary, double theta, int original)
    {
        double Dimension(double turns) => rotary * Math.Log(original / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
        double low = Math.Max(Math.Floor(Dimension(BetaFast)), 0), high = Math.Min(Math.Ceiling(Dimension(BetaSlow)), rotary - 1);
        if (low == high)
            high += 0.001;
        for (int i = 0; i < frequencies.Length; i++)
        {
            double ramp = Math.Clamp((i - low) / (high - low), 0, 1);
            frequencies[i] = frequencies[i] / Factor * ramp + frequencies[i] * (1 - ramp);
        }
        return frequencies;
    }
}
