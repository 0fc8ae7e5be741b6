using Athanor.Tensors.Kernels;

namespace Athanor.Tensors.Optimizers;

/// <summary>Settings of <see cref="AdamW"/>; the defaults are those of language models.</summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Decoupled: weights shrink by lr·wd a step, times the group's factor.</param>
public sealed record AdamWSettings(float Beta1 = 0.9f, float Beta2 = 0.95f, float Epsilon = 1e-8f, float WeightDecay = 0.1f)
{
    internal void Check()
    {
        if (!(Beta1 is >= 0 and < 1 && Beta2 is >= 0 and < 1 && Epsilon >= 0 && WeightDecay >= 0))
            throw new ArgumentException($"Betas lie in [0, 1), epsilon and weight decay are not negative: {this}.");
    }
}

/// <summary>
/// AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101): m = β1·m + (1-β1)·g, v = β2·v + (1-β2)·g²,
/// w = w·(1 - lr·wd) - lr · m̂ / (√v̂ + ε) with m̂ = m / (1-β1^t), v̂ = v / (1-β2^t). 8 bytes of state a parameter.
/// </summary>
public sealed unsafe class AdamW : Optimizer
{
    private readonly AdamWSettings _settings;
    private readonly float*[] _first, _second;

    public AdamW(IEnumerable<ParameterGroup> groups, AdamWSettings? settings = null)
        : base(groups)
    {
        _settings = settings ?? new AdamWSettings();
        _settings.Check();
        _first = new float*[Groups.Count];
        _second = new float*[Groups.Count];
        for (int i = 0; i < Groups.Count; i++)
        {
            _first[i] = (float*)NewState(i, "m", DType.F32);
            _second[i] = (float*)NewState(i, "v", DType.F32);
        }
    }

    private protected override void Update(int group, float learningRate, float gradientScale)
    {
        ParameterGroup g = Groups[group];
        g.Device.Kernels.AdamW(new AdamWArgs
        {
            Master = g.Master,
            Gradient = g.Gradient,
            Copy = g.Copy,
            Count = g.Count,
            FirstMoment = _first[group],
            SecondMoment = _second[group],
            Step = Steps,
            LearningRate = learningRate,
            Beta1 = _settings.Beta1,
            Beta2 = _settings.Beta2,
            Epsilon = _settings.Epsilon,
            WeightDecay = _settings.WeightDecay * g.WeightDecayFactor,
            GradientScale = gradientScale,
            ZeroGradient = ClearsGradients,
        });
    }
}
