using Athanor.Tensors.Kernels;

namespace Athanor.Tensors.Optimizers;

/// <summary>
/// AdamW with moments in 8 bits (Dettmers et al. 2021, arXiv 2110.02861): block-wise dynamic quantization, a scale for each 256 elements (2048 in the
/// paper, 256 in its authors' library today). 2.03 bytes of state a parameter instead of 8.
/// </summary>
/// <remarks>
/// The paper keeps embeddings and tensors of fewer than 4,096 elements in fp32: give those groups an <see cref="AdamW"/>. Blocks never
/// straddle two parameters. A NaN gradient makes the moments of its block NaN.
/// </remarks>
public sealed unsafe class AdamW8Bit : Optimizer
{
    private readonly AdamWSettings _settings;
    private readonly byte*[] _firstCodes, _secondCodes;
    private readonly float*[] _firstScales, _secondScales;

    public AdamW8Bit(IEnumerable<ParameterGroup> groups, AdamWSettings? settings = null)
        : base(groups)
    {
        _settings = settings ?? new AdamWSettings();
        _settings.Check();
        int count = Groups.Count;
        (_firstCodes, _secondCodes, _firstScales, _secondScales) = (new byte*[count], new byte*[count], new float*[count], new float*[count]);
        for (int i = 0; i < count; i++)
        {
            _firstCodes[i] = (byte*)NewState(i, "m8", DType.U8, fill: AdamW8Kernel.FirstZero);
            _secondCodes[i] = (byte*)NewState(i, "v8", DType.U8);
            _firstScales[i] = (float*)NewState(i, "m8.scale", DType.F32, AdamW8Kernel.Block);
            _secondScales[i] = (float*)NewState(i, "v8.scale", DType.F32, AdamW8Kernel.Block);
        }
    }

    private protected override void Update(int group, float learningRate, float gradientScale)
    {
        ParameterGroup g = Groups[group];
        g.Device.Kernels.AdamW8(new AdamW8Args
        {
            Master = g.Master,
            Gradient = g.Gradient,
            Copy = g.Copy,
            Count = g.Count,
            FirstCodes = _firstCodes[group],
            SecondCodes = _secondCodes[group],
            FirstScales = _firstScales[group],
            SecondScales = _secondScales[group],
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
