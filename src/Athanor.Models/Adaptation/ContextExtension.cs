using Athanor.Models.Configuration;

namespace Athanor.Models.Adaptation;

/// <summary>How rotary positions reach further than a model was trained for.</summary>
public enum RotaryExtension
{
    /// <summary>Each frequency by its wavelength, and sharper attention (Peng et al. 2023, arXiv 2309.00071): the least training.</summary>
    Yarn,

    /// <summary>Positions are divided by the factor (Chen et al. 2023, arXiv 2306.15595).</summary>
    Linear,

    /// <summary>The base grows by factor^(R/(R−2)): high frequencies stay, low ones are interpolated.</summary>
    Ntk,

    /// <summary>Llama 3.1's mix by wavelength.</summary>
    Llama3,
}

/// <summary>A longer context for a model that goes on learning.</summary>
public static class ContextExtension
{
    /// <summary>The settings with a context of <paramref name="length"/>; longer than before bends rotary frequencies by the factor new / old.</summary>
    /// <exception cref="ArgumentException">The model has positions that cannot be extended.</exception>
    public static ModelConfig Apply(ModelConfig config, int length, RotaryExtension kind)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        if (length == config.ContextLength)
            return config;
        if (config.Position == PositionKind.Learned)
            throw new ArgumentException($"The model has a learned vector for each of {config.ContextLength} positions; its context stays as it is.");
        ModelConfig changed = config with { ContextLength = length };
        // ALiBi and models without positions reach as far as they reach.
        if (length < config.ContextLength || config.Position != PositionKind.Rotary)
            return changed;
        if (config.RopeScaling is { } scaling)
            throw new ArgumentException($"The model's positions are scaled already ({scaling.Kind}, factor {scaling.Factor}, to {config.ContextLength}). Take the model from before the extension.");
        double factor = length / (double)config.ContextLength;
        int rotary = config.RotarySize;
        return kind switch
        {
            // As a base of its own: every reader of config.json computes it.
            RotaryExtension.Ntk => changed with { RopeTheta = config.RopeTheta * Math.Pow(factor, rotary / (double)Math.Max(1, rotary - 2)) },
            RotaryExtension.Linear => changed with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Linear, Factor = factor } },
            RotaryExtension.Llama3 => changed with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Llama3, Factor = factor, OriginalContextLength = config.ContextLength } },
            _ => changed with { RopeScaling = new RopeScaling { Kind = RopeScalingKind.Yarn, Factor = factor, OriginalContextLength = config.ContextLength } },
        };
    }
}
