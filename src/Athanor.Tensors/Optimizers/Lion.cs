using Athanor.Tensors.Kernels;

namespace Athanor.Tensors.Optimizers;

/// <summary>Settings of <see cref="Lion"/>. Its learning rate is 3 to 10 times below AdamW's, its weight decay as much above.</summary>
/// <param name="Beta1">Share of the momentum in the direction.</param>
/// <param name="Beta2">Decay of the momentum.</param>
/// <param name="WeightDecay">Decoupled, times the group's factor.</param>
public sealed record LionSettings(float Beta1 = 0.9f, float Beta2 = 0.99f, float WeightDecay = 1);

/// <summary>
/// Lion (Chen et al. 2023, arXiv 2302.06675): w = w·(1 - lr·wd) - lr·sign(β1·m + (1-β1)·g), m = β2·m + (1-β2)·g. 4 bytes of state a parameter.
/// </summary>
public sealed unsafe class Lion : Optimizer
{
    private readonly LionSettings _settings;
    private readonly float*[] _momentum;

    public Lion(IEnumerable<ParameterGroup> groups, LionSettings? settings = null)
        : base(groups)
    {
        _settings = settings ?? new LionSettings();
        if (!(_settings is { Beta1: >= 0 and < 1, Beta2: >= 0 and < 1, WeightDecay: >= 0 }))
            throw new ArgumentException($"Betas lie in [0, 1), weight decay is not negative: {_settings}.", nameof(settings));
        _momentum = new float*[Groups.Count];
        for (int i = 0; i < Groups.Count; i++)
            _momentum[i] = (float*)NewState(i, "m", DType.F32);
    }

    private protected override void Update(int group, float learningRate, float gradientScale)
    {
        ParameterGroup g = Groups[group];
        g.Device.Kernels.Lion(new LionArgs
        {
            Master = g.Master,
            Gradient = g.Gradient,
            Copy = g.Copy,
            Count = g.Count,
            Momentum = _momentum[group],
            LearningRate = learningRate,
            Beta1 = _settings.Beta1,
            Beta2 = _settings.Beta2,
            WeightDecay = _settings.WeightDecay * g.WeightDecayFactor,
            GradientScale = gradientScale,
            ZeroGradient = ClearsGradients,
        });
    }
}
