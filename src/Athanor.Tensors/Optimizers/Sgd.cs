using Athanor.Tensors.Kernels;

namespace Athanor.Tensors.Optimizers;

/// <summary>Settings of <see cref="Sgd"/>.</summary>
/// <param name="Momentum">0 for plain gradient descent, which has no state.</param>
/// <param name="Nesterov">Looks ahead along the momentum.</param>
/// <param name="WeightDecay">The classical L2 term in the gradient, times the group's factor.</param>
public sealed record SgdSettings(float Momentum = 0.9f, bool Nesterov = false, float WeightDecay = 0);

/// <summary>
/// Gradient descent with momentum (Polyak 1964; Nesterov's form after Sutskever et al. 2013): g += wd·w, b = μ·b + g, w -= lr·(nesterov ? g + μ·b : b).
/// </summary>
public sealed unsafe class Sgd : Optimizer
{
    private readonly SgdSettings _settings;
    private readonly float*[] _momentum;

    public Sgd(IEnumerable<ParameterGroup> groups, SgdSettings? settings = null)
        : base(groups)
    {
        _settings = settings ?? new SgdSettings();
        if (!(_settings is { Momentum: >= 0 and < 1, WeightDecay: >= 0 }) || (_settings.Nesterov && _settings.Momentum == 0))
            throw new ArgumentException($"Momentum lies in [0, 1) and above 0 for Nesterov, weight decay is not negative: {_settings}.", nameof(settings));
        _momentum = new float*[Groups.Count];
        for (int i = 0; i < Groups.Count && _settings.Momentum > 0; i++)
            _momentum[i] = (float*)NewState(i, "momentum", DType.F32);
    }

    private protected override void Update(int group, float learningRate, float gradientScale)
    {
        ParameterGroup g = Groups[group];
        g.Device.Kernels.Sgd(new SgdArgs
        {
            Master = g.Master,
            Gradient = g.Gradient,
            Copy = g.Copy,
            Count = g.Count,
            Momentum = _momentum[group],
            LearningRate = learningRate,
            MomentumFactor = _settings.Momentum,
            Nesterov = _settings.Nesterov,
            WeightDecay = _settings.WeightDecay * g.WeightDecayFactor,
            GradientScale = gradientScale,
            ZeroGradient = ClearsGradients,
        });
    }
}
